//! How a plan runs. Nothing here knows about tweets.

pub mod boundary;
pub mod leaders;
pub mod session;
pub mod storage;

pub use boundary::Boundary;
pub use session::{Engine, Joins};
pub use storage::{Location, Storage};
