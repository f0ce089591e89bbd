//! The GPU, where there is one. Nothing else asks whether there is.
//!
//! ```text
//!   any thread ── job ──► the GPU's own thread ─┬─ slot: pinned memory ─► arena ─► kernels ─► pinned memory
//!              ◄─ answer ──                     ├─ slot
//!                                               └─ slot
//! ```
//!
//! One thread does all that has to do with a GPU. It has three slots, each with its stream and memory of its own, so that the texts of one job
//! are on their way while those of another are worked on. All of that memory is taken at the start.
//!
//! Nothing here panics, and nothing is half done: a job has its answer, or fails and is to be done by the processor. What is wrong
//! with a GPU stays so: after a failure that isn't one of memory it gets no more jobs.

mod ids;
mod owner;
mod parts;
mod slot;

use std::fmt;
use std::panic::catch_unwind;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, OnceLock};
use std::thread::{Builder, JoinHandle};

use cudarc::driver::result::{self, DriverError};
use cudarc::driver::sys;

pub use self::ids::GpuEncoder;
pub(crate) use self::ids::{Encode, Tokenizes};
use self::owner::{Job, Owner};
pub(crate) use self::parts::{Halve, in_parts, sample, some_of};
pub(crate) use self::slot::{Permanent, Pointer, Slot};
use crate::machine::Failure;

/// A GPU that is ready for work.
#[derive(Debug)]
pub struct Gpu {
    name: String,
    memory_bytes: u64,
    /// None when it is being let go of.
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
    /// Why it gets no more jobs.
    broken: Arc<OnceLock<Failure>>,
    /// Whether it was caught with what can't be right, be it after it broke.
    wrong: AtomicBool,
}

/// Why there is no GPU: all is done by the processor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoGpu {
    why: String,
}

impl NoGpu {
    pub(crate) fn new(why: impl Into<String>) -> Self {
        Self { why: why.into() }
    }

    /// The reason alone.
    pub fn why(&self) -> &str {
        &self.why
    }

    /// With what the driver said when it was to do something.
    fn of_driver(what: &str, DriverError(code): DriverError) -> Self {
        Self::new(match code {
            sys::CUresult::CUDA_ERROR_STUB_LIBRARY => {
                "the libcuda found is a stub, which programs are linked with, and no driver".to_owned()
            }
            sys::CUresult::CUDA_ERROR_NO_DEVICE => "the driver sees no device".to_owned(),
            _ => format!("{what}: {code:?}"),
        })
    }
}

impl fmt::Display for NoGpu {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "no GPU: {}", self.why)
    }
}

impl std::error::Error for NoGpu {}

/// The release of CUDA that a driver must know, for kernels are compiled by its compiler: 1000 times the major number, 10 times the minor.
const RELEASE: i32 = 13_000;

/// Least compute capability: kernels are compiled for it.
const CAPABILITY: (i32, i32) = (8, 0);

/// All that is asked of the driver's library. What it lacks would otherwise end the thread that asks.
pub const DRIVER_FUNCTIONS: [&str; 22] = [
    "cuCtxSetCurrent",
    "cuDeviceGet",
    "cuDeviceGetAttribute",
    "cuDeviceGetCount",
    "cuDeviceGetName",
    "cuDevicePrimaryCtxRelease_v2",
    "cuDevicePrimaryCtxRetain",
    "cuDeviceTotalMem_v2",
    "cuDriverGetVersion",
    "cuInit",
    "cuLaunchKernel",
    "cuMemAlloc_v2",
    "cuMemFree_v2",
    "cuMemFreeHost",
    "cuMemHostAlloc",
    "cuMemcpyDtoHAsync_v2",
    "cuMemcpyHtoDAsync_v2",
    "cuModuleGetFunction",
    "cuModuleLoadData",
    "cuStreamCreate",
    "cuStreamDestroy_v2",
    "cuStreamSynchronize",
];

/// A device that kernels can run on.
#[derive(Debug)]
struct Found {
    device: sys::CUdevice,
    name: String,
    memory_bytes: u64,
}

/// Name and bytes of memory of the first GPU that the driver shows, or why there is none. Takes nothing of it.
pub fn look() -> Result<(String, u64), NoGpu> {
    // Where the driver, or what calls it, panics after all, that ends this thread alone.
    let looking = Builder::new().name("gpu".to_owned()).spawn(find);
    let looked = looking.map_err(|error| NoGpu::new(format!("its thread doesn't start: {error}")))?.join();
    let Found { name, memory_bytes, .. } =
        looked.map_err(|_| NoGpu::new("the driver's library can't be used"))??;
    Ok((name, memory_bytes))
}

/// The first GPU that the driver shows.
fn find() -> Result<Found, NoGpu> {
    // SAFETY: it opens the library, whose code for that is the driver's.
    #[expect(unsafe_code, reason = "what a library does when it is opened is its own")]
    let is_present = unsafe { sys::is_culib_present() };
    if !is_present {
        return Err(NoGpu::new("no libcuda could be opened"));
    }
    if let Some(function) = DRIVER_FUNCTIONS.into_iter().find(|function| !has(function)) {
        return Err(NoGpu::new(format!("the libcuda found has no {function}")));
    }
    result::init().map_err(|error| NoGpu::of_driver("the driver doesn't start", error))?;
    let release = release().map_err(|error| NoGpu::of_driver("the driver has no version", error))?;
    if release < RELEASE {
        return Err(NoGpu::new(format!(
            "the driver knows CUDA {}.{}, and kernels are of CUDA {}.{}",
            release / 1000,
            release % 1000 / 10,
            RELEASE / 1000,
            RELEASE % 1000 / 10
        )));
    }
    let count =
        result::device::get_count().map_err(|error| NoGpu::of_driver("devices can't be counted", error))?;
    if count == 0 {
        return Err(NoGpu::new("the driver sees no device"));
    }
    describe().map_err(|error| NoGpu::of_driver("the device can't be asked", error))?
}

/// Whether the library, which is there, has a function.
fn has(function: &str) -> bool {
    // SAFETY: the library is there, and the function is not called.
    #[expect(unsafe_code, reason = "a symbol of a library has any type")]
    unsafe {
        sys::culib().get::<unsafe extern "C" fn()>(function.as_bytes()).is_ok()
    }
}

fn release() -> Result<i32, DriverError> {
    let mut release = 0;
    // SAFETY: the library has this function, and the number is written by it.
    #[expect(unsafe_code, reason = "a function of the driver")]
    unsafe {
        sys::cuDriverGetVersion(&raw mut release).result()?;
    }
    Ok(release)
}

fn describe() -> Result<Result<Found, NoGpu>, DriverError> {
    use sys::CUdevice_attribute_enum as Attribute;

    let device = result::device::get(0)?;
    let name = result::device::get_name(device)?;
    // SAFETY: the device is one that the driver gave.
    #[expect(unsafe_code, reason = "functions of the driver")]
    let (major, minor, memory) = unsafe {
        (
            result::device::get_attribute(device, Attribute::CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR)?,
            result::device::get_attribute(device, Attribute::CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR)?,
            result::device::total_mem(device)?,
        )
    };
    if (major, minor) < CAPABILITY {
        let (least, least_minor) = CAPABILITY;
        return Ok(Err(NoGpu::new(format!(
            "{name} has compute capability {major}.{minor}, and kernels need {least}.{least_minor}"
        ))));
    }
    Ok(Ok(Found { device, name, memory_bytes: memory as u64 }))
}

impl Gpu {
    /// Makes the first GPU ready, or tells why there is none. It takes a second or two: do it once.
    pub fn find() -> Result<Self, NoGpu> {
        let (jobs, waiting) = channel::<Job>();
        let (ready, is_ready) = channel();
        let broken = Arc::new(OnceLock::new());
        let why = Arc::clone(&broken);
        // Where the driver, or what calls it, panics after all, this thread ends, and the other sees that.
        let owner = move || {
            let found =
                catch_unwind(find).unwrap_or_else(|_| Err(NoGpu::new("the driver's library can't be used")));
            let (found, owner) = match found.and_then(|found| Ok((Owner::new(&found)?, found))) {
                Ok((owner, found)) => (Ok(found), Some(owner)),
                Err(error) => (Err(error), None),
            };
            if ready.send(found).is_ok()
                && let Some(mut owner) = owner
            {
                owner.work(&waiting, &why);
            }
        };
        let thread = Builder::new()
            .name("gpu".to_owned())
            .spawn(owner)
            .map_err(|error| NoGpu::new(format!("its thread doesn't start: {error}")))?;
        let found = is_ready.recv().map_err(|_| NoGpu::new("the driver ended the thread that asked it"))?;
        let Found { name, memory_bytes, .. } = found?;
        Ok(Self {
            name,
            memory_bytes,
            jobs: Some(jobs),
            thread: Some(thread),
            broken,
            wrong: AtomicBool::new(false),
        })
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Bytes of its memory.
    pub fn memory_bytes(&self) -> u64 {
        self.memory_bytes
    }

    /// Why it gets no more work, where it doesn't.
    pub fn broken(&self) -> Option<String> {
        self.broken.get().map(Failure::to_string)
    }

    /// Whether it was caught with what can't be right: what it found before may be wrong, too.
    pub fn was_wrong(&self) -> bool {
        self.wrong.load(Ordering::Acquire)
    }

    /// What it found isn't what the processor finds: it gets no more work, and what it found is not used.
    pub(crate) fn found_wrong(&self, what: &str) -> Failure {
        self.give_up(Failure::Wrong(format!("its {what} were not those of the processor")))
    }

    /// Gives it no more work; gives why it gets none, which is the first reason there was.
    fn give_up(&self, why: Failure) -> Failure {
        if matches!(why, Failure::Wrong(_)) {
            self.wrong.store(true, Ordering::Release);
        }
        self.broken.get_or_init(|| why).clone()
    }

    /// Has `start` begin with some work on a slot, and `finish` make an answer of it.
    pub(crate) fn run<S: 'static, T: Send + 'static>(
        &self,
        start: impl FnOnce(&mut Slot<'_>) -> Result<S, Failure> + Send + 'static,
        finish: impl FnOnce(S, &mut Slot<'_>) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let (answer, answered) = channel();
        let job: Job = Box::new(move |slot| match start(slot) {
            Ok(started) => Ok(Box::new(move |slot| {
                let finished = finish(started, slot);
                let failure = finished.as_ref().err().cloned();
                // One that doesn't wait for it any more doesn't need it.
                drop(answer.send(finished));
                failure.map_or(Ok(()), Err)
            })),
            Err(failure) => {
                drop(answer.send(Err(failure.clone())));
                Err(failure)
            }
        });
        self.ask(job, &answered)
    }

    /// Has `keep` put something into its memory that stays there.
    pub(crate) fn keep<T: Send + 'static>(
        &self,
        keep: impl FnOnce(&mut Permanent<'_, '_>) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let (answer, answered) = channel();
        let job: Job = Box::new(move |slot| {
            let kept = keep(&mut Permanent { slot });
            let failure = kept.as_ref().err().cloned();
            drop(answer.send(kept));
            failure.map_or(Ok(Box::new(|_| Ok(()))), Err)
        });
        self.ask(job, &answered)
    }

    fn ask<T>(
        &self,
        job: Job,
        answered: &std::sync::mpsc::Receiver<Result<T, Failure>>,
    ) -> Result<T, Failure> {
        if let Some(why) = self.broken.get() {
            return Err(why.clone());
        }
        let gone = || self.give_up(Failure::Broken("the thread of the GPU has ended".to_owned()));
        self.jobs.as_ref().and_then(|jobs| jobs.send(job).ok()).ok_or_else(gone)?;
        let answer = answered.recv().map_err(|_| gone())?;
        match answer {
            Err(why @ (Failure::Broken(_) | Failure::Wrong(_))) => Err(self.give_up(why)),
            answer => answer,
        }
    }
}

impl Drop for Gpu {
    /// Waits until its thread has given back what it had of the GPU.
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // One that panicked has nothing to give back.
            thread.join().ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_that_broke_first_is_caught_all_the_same() {
        let (name, broken) = ("a device".to_owned(), Arc::new(OnceLock::new()));
        let gpu =
            Gpu { name, memory_bytes: 0, jobs: None, thread: None, broken, wrong: AtomicBool::new(false) };
        gpu.give_up(Failure::Broken("it stopped".to_owned()));
        assert!(!gpu.was_wrong());
        assert_eq!(gpu.found_wrong("ids"), Failure::Broken("it stopped".to_owned()));
        assert!(gpu.was_wrong());
        assert_eq!(gpu.broken().as_deref(), Some("it stopped"));
    }
}
