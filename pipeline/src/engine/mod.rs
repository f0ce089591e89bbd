//! How a plan runs. Nothing here knows about tweets.

pub mod boundary;
pub mod leaders;
pub mod parquet_files;
pub mod scratch;
pub mod session;
pub mod storage;

pub use boundary::Boundary;
pub use parquet_files::ParquetFiles;
pub use scratch::Scratch;
pub use session::{Engine, Joins};
pub use storage::{Location, Storage};
