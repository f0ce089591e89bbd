//! How a plan runs. Nothing here knows about tweets.

pub mod columns;
pub mod durable;
pub mod expression;
pub mod file_groups;
pub mod give_back;
pub mod leaders;
pub mod open_files;
pub mod parquet_files;
pub mod parquet_rows;
pub mod part;
pub mod pool;
pub mod scatter;
pub mod scratch;
pub mod session;
pub mod storage;
pub mod store_error;

pub use parquet_files::ParquetFiles;
pub use scratch::{KeptScratch, Scratch};
pub use session::{Engine, Joins};
pub use storage::{Location, Storage};
