//! The thread that has the GPU.

#![expect(unsafe_code, reason = "functions of the driver, and kernels")]

use std::collections::{BTreeMap, VecDeque};
use std::ffi::CString;
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, TryRecvError};

use cudarc::driver::result::{ctx, module, primary_ctx};
use cudarc::driver::sys;

use super::slot::{Lane, Slot, failure};
use super::{Found, NoGpu};
use crate::machine::{Failure, Kernel, Unit};

/// Begins some work on a slot, or fails.
pub(super) type Job = Box<dyn FnOnce(&mut Slot<'_>) -> Result<Finish, Failure> + Send>;

/// Ends it, on the same one.
pub(super) type Finish = Box<dyn FnOnce(&mut Slot<'_>) -> Result<(), Failure>>;

/// Jobs that are in work at once.
const SLOTS: usize = 3;

/// The kernels of a GPU, by their names.
#[derive(Debug, Default)]
pub(super) struct Functions {
    functions: BTreeMap<(&'static str, &'static str), sys::CUfunction>,
}

impl Functions {
    /// Compiles all of them for the device whose context is current.
    fn load() -> Result<Self, NoGpu> {
        let mut functions = BTreeMap::new();
        for unit in Unit::ALL {
            let wrong =
                |error| NoGpu::of_driver(&format!("the kernels of {} can't be loaded", unit.name()), error);
            let image = CString::new(unit.ptx()).map_err(|_| NoGpu::new("a kernel has a zero byte"))?;
            // SAFETY: the image ends with a zero byte.
            let module = unsafe { module::load_data(image.as_ptr().cast()) }.map_err(wrong)?;
            for kernel in unit.kernels() {
                let name = CString::new(*kernel).map_err(|_| NoGpu::new("a name has a zero byte"))?;
                // SAFETY: the module was just loaded, and is never unloaded while its context is there.
                let function = unsafe { module::get_function(module, name) }.map_err(wrong)?;
                functions.insert((unit.name(), *kernel), function);
            }
        }
        Ok(Self { functions })
    }

    pub(super) fn get(&self, (unit, name): Kernel) -> Result<sys::CUfunction, Failure> {
        let found = self.functions.get(&(unit.name(), name)).copied();
        found.ok_or_else(|| Failure::Broken(format!("there is no kernel {name}")))
    }
}

/// A context, which goes when nobody needs it.
#[derive(Debug)]
struct Context {
    device: sys::CUdevice,
}

impl Context {
    /// That of a device, current on this thread.
    fn new(device: sys::CUdevice) -> Result<Self, NoGpu> {
        let wrong = |error| NoGpu::of_driver("the device can't be used", error);
        // SAFETY: the device is one that the driver gave. The context is let go of when this is dropped.
        let context = unsafe { primary_ctx::retain(device) }.map_err(wrong)?;
        let this = Self { device };
        // SAFETY: the context was just retained.
        unsafe { ctx::set_current(context) }.map_err(wrong)?;
        Ok(this)
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: it was retained once. Where a device is broken, this may fail, too, and the end of the process does the rest.
        unsafe { primary_ctx::release(self.device) }.ok();
    }
}

/// All of a GPU that its thread has. Fields are dropped in this order.
#[derive(Debug)]
pub(super) struct Owner {
    lanes: Vec<Lane>,
    functions: Functions,
    _context: Context,
}

impl Owner {
    /// On the thread that will work.
    pub(super) fn new(found: &Found) -> Result<Self, NoGpu> {
        let context = Context::new(found.device)?;
        let functions = Functions::load()?;
        Ok(Self { lanes: Lane::several(SLOTS, found.memory_bytes)?, functions, _context: context })
    }

    /// Does what it is given until nobody can give it more, or something breaks.
    pub(super) fn work(&mut self, jobs: &Receiver<Job>, broken: &OnceLock<Failure>) {
        let mut free: Vec<usize> = (0..self.lanes.len()).collect();
        let mut started: VecDeque<(usize, Finish)> = VecDeque::new();
        loop {
            // With a job in work, another is begun only if it is there already, and there is a slot for it.
            let next = match (free.is_empty(), started.is_empty()) {
                (true, _) => Err(TryRecvError::Empty),
                (false, true) => jobs.recv().map_err(|_| TryRecvError::Disconnected),
                (false, false) => jobs.try_recv(),
            };
            let done = match (next, free.pop()) {
                (Ok(job), Some(lane)) => {
                    let mut slot = self.slot(lane);
                    slot.reset();
                    match job(&mut slot) {
                        Ok(finish) => {
                            started.push_back((lane, finish));
                            Ok(())
                        }
                        // What it had begun is done before its memory serves another.
                        Err(failure) => {
                            let settled = slot.settle();
                            free.push(lane);
                            settled.and(Err(failure))
                        }
                    }
                }
                (next, lane) => {
                    free.extend(lane);
                    match started.pop_front() {
                        Some((lane, finish)) => {
                            let mut slot = self.slot(lane);
                            let finished = finish(&mut slot).and_then(|()| slot.settle());
                            free.push(lane);
                            finished
                        }
                        None if next.is_err() => return,
                        None => Ok(()),
                    }
                }
            };
            if let Err(failure @ (Failure::Broken(_) | Failure::Wrong(_))) = done {
                drop(broken.set(failure));
                return;
            }
        }
    }

    fn slot(&mut self, lane: usize) -> Slot<'_> {
        Slot { lane: &mut self.lanes[lane], functions: &self.functions }
    }
}

/// [`failure`] of a step of a whole.
pub(super) fn step<T>(
    what: &str,
    done: Result<T, cudarc::driver::result::DriverError>,
) -> Result<T, Failure> {
    done.map_err(|error| failure(what, error))
}
