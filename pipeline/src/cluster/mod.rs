//! A run spread over machines.
//!
//! ```text
//!  driver (tweetmill run)                 scheduler              executors (tweetmill cluster executor)
//!     │ plan-….json ─────────────────────────────────────────────►│ reads it once
//!     │ job: a scan of tasks, one a partition ──►│ places, retries ─►│ does task 7: files, then its record
//!     │◄── lists records ─────────────────────────────────────────│   _tweetmill/steps/RUN/STEP/done/task-00007.json
//!     │ until there is a record of every task, whatever the engine says
//! ```
//!
//! The engine places tasks and tries them again, nothing else: what a task is for and what became of it is in the data set's own
//! store, where a record is put only if there is none. So a task that ran twice counts once, one that was lost is missed, and a driver
//! that was killed finds what was done. A task is a function of the plan and its number: it runs the very code of a run on one
//! machine.

mod codec;
mod driver;
mod executor;
mod failure;
mod handed;
mod plan;
mod pool;
mod reader;
mod scheduler;
mod session;
mod standalone;
mod step;
mod table;
mod task;
mod tls;
mod worker;

pub use driver::Cluster;
pub use executor::ExecutorOptions;
pub use scheduler::SchedulerOptions;

pub use executor::serve as serve_executor;
pub use scheduler::serve as serve_scheduler;
pub use standalone::serve as serve_standalone;
