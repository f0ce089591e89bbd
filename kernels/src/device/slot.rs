//! A stream, and memory of its own: where one job is worked on.

#![expect(unsafe_code, reason = "functions of the driver, kernels, and memory that they write")]

use std::ffi::c_void;
use std::ptr::NonNull;

use cudarc::driver::result::{self, DriverError, stream};
use cudarc::driver::sys::{self, CUresult};

use super::NoGpu;
use super::owner::{Functions, step};
use crate::machine::{Argument, Failure, Grid, Kernel, Machine, Plain, Store};

/// What memory of the device starts at a multiple of.
const ALIGNMENT: usize = 256;

/// Bytes of a slot's memory on the device, and least bytes where a device has less. A text takes some 14 times its bytes.
const ARENA_BYTES: usize = 256 << 20;
const LEAST_ARENA_BYTES: usize = 16 << 20;

/// For each byte of an arena so much pinned memory on either way is one byte.
const ARENA_BY_PINNED: usize = 8;

/// Memory of the device.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pointer {
    at: sys::CUdeviceptr,
    bytes: usize,
}

/// Memory of the host that the device reads and writes by itself.
#[derive(Debug)]
struct Pinned {
    at: NonNull<u8>,
    bytes: usize,
    used: usize,
}

impl Pinned {
    /// Ordinary memory but for being pinned: what is combined when it is written is slow to read.
    const FLAGS: u32 = 0;

    fn new(bytes: usize) -> Result<Self, DriverError> {
        // SAFETY: the memory is let go of when this is dropped.
        let at = unsafe { result::malloc_host(bytes, Self::FLAGS)? };
        let at = NonNull::new(at.cast()).ok_or(DriverError(CUresult::CUDA_ERROR_OUT_OF_MEMORY))?;
        Ok(Self { at, bytes, used: 0 })
    }
}

impl Drop for Pinned {
    fn drop(&mut self) {
        // SAFETY: it was allocated so. Where a device is broken, this may fail, and the end of the process does the rest.
        unsafe { result::free_host(self.at.as_ptr().cast()) }.ok();
    }
}

#[derive(Debug)]
struct Arena {
    all: Pointer,
    used: usize,
}

impl Arena {
    fn new(bytes: usize) -> Result<Self, DriverError> {
        // SAFETY: the memory is let go of when this is dropped.
        Ok(Self { all: Pointer { at: unsafe { result::malloc_sync(bytes)? }, bytes }, used: 0 })
    }
}

impl Drop for Arena {
    fn drop(&mut self) {
        // SAFETY: it was allocated so, and as `Pinned`.
        unsafe { result::free_sync(self.all.at) }.ok();
    }
}

#[derive(Debug)]
struct Stream(sys::CUstream);

impl Drop for Stream {
    fn drop(&mut self) {
        // SAFETY: it was created when this was. Where a device is broken, this may fail.
        unsafe { stream::destroy(self.0) }.ok();
    }
}

/// What a slot has. Fields are dropped in this order.
#[derive(Debug)]
pub(super) struct Lane {
    stream: Stream,
    arena: Arena,
    on_the_way: Pinned,
    on_the_way_back: Pinned,
}

impl Lane {
    fn new(arena_bytes: usize) -> Result<Self, DriverError> {
        let pinned_bytes = arena_bytes / ARENA_BY_PINNED;
        Ok(Self {
            stream: Stream(stream::create(stream::StreamKind::NonBlocking)?),
            arena: Arena::new(arena_bytes)?,
            on_the_way: Pinned::new(pinned_bytes)?,
            on_the_way_back: Pinned::new(pinned_bytes)?,
        })
    }

    /// As many, with as much memory as there is, but no more than an eighth of the device's each.
    pub(super) fn several(count: usize, memory_bytes: u64) -> Result<Vec<Self>, NoGpu> {
        let most = usize::try_from(memory_bytes / 8).unwrap_or(usize::MAX);
        let mut bytes = ARENA_BYTES.min(most).max(LEAST_ARENA_BYTES);
        loop {
            let lanes: Result<Vec<Self>, DriverError> = (0..count).map(|_| Self::new(bytes)).collect();
            match lanes {
                Ok(lanes) => return Ok(lanes),
                Err(DriverError(CUresult::CUDA_ERROR_OUT_OF_MEMORY)) if bytes > LEAST_ARENA_BYTES => {
                    bytes = (bytes / 2).max(LEAST_ARENA_BYTES);
                }
                Err(error) => return Err(NoGpu::of_driver("the device gives no memory", error)),
            }
        }
    }
}

/// A slot with a job.
#[derive(Debug)]
pub(crate) struct Slot<'a> {
    pub(super) lane: &'a mut Lane,
    pub(super) functions: &'a Functions,
}

/// What a refusal of the driver means for a job.
pub(super) fn failure(what: &str, DriverError(code): DriverError) -> Failure {
    match code {
        CUresult::CUDA_ERROR_OUT_OF_MEMORY => Failure::Memory,
        code => Failure::Broken(format!("{what}: {code:?}")),
    }
}

impl Slot<'_> {
    /// All of its memory is free again. Nothing must be in work there.
    pub(super) fn reset(&mut self) {
        self.lane.arena.used = 0;
        self.lane.on_the_way.used = 0;
    }

    /// Waits until all is done that was asked.
    pub(super) fn settle(&mut self) -> Result<(), Failure> {
        // SAFETY: the stream is there as long as the lane is.
        step("the device stopped", unsafe { stream::synchronize(self.lane.stream.0) })
    }
}

impl Store for Slot<'_> {
    type Memory = Pointer;

    fn memory(&mut self, bytes: usize) -> Result<Pointer, Failure> {
        let Arena { all, used } = &mut self.lane.arena;
        let end = used.checked_add(bytes).filter(|end| *end <= all.bytes).ok_or(Failure::Memory)?;
        let memory = Pointer { at: all.at + *used as u64, bytes };
        *used = end.next_multiple_of(ALIGNMENT);
        Ok(memory)
    }

    fn upload<T: Plain>(&mut self, values: &[T], to: &Pointer) -> Result<(), Failure> {
        let bytes = size_of_val(values);
        let Pinned { at, bytes: room, used } = &mut self.lane.on_the_way;
        let end = used.checked_add(bytes).filter(|end| *end <= *room).ok_or(Failure::Memory)?;
        if bytes > to.bytes {
            return Err(Failure::Broken(format!("{bytes} bytes are uploaded to {}", to.bytes)));
        }
        // SAFETY: there are as many bytes from there on, which nothing else uses until the slot is reset: so they are there until
        // the copy is done. Plain numbers are their bytes.
        let copied = unsafe {
            let from = at.add(*used);
            from.copy_from_nonoverlapping(NonNull::from(values).cast(), bytes);
            let from = std::slice::from_raw_parts(from.as_ptr(), bytes);
            result::memcpy_htod_async(to.at, from, self.lane.stream.0)
        };
        *used = end.next_multiple_of(ALIGNMENT);
        step("a copy to the device failed", copied)
    }
}

impl Machine for Slot<'_> {
    unsafe fn launch(
        &mut self,
        kernel: Kernel,
        grid: Grid,
        arguments: &[Argument<'_, Pointer>],
    ) -> Result<(), Failure> {
        let function = self.functions.get(kernel)?;
        let mut values: Vec<u64> = arguments
            .iter()
            .map(|argument| match argument {
                Argument::Memory(memory) => memory.at,
                // The low half, which is what a kernel reads of it, comes first.
                Argument::Word(word) => u64::from(*word),
            })
            .collect();
        let mut addresses: Vec<*mut c_void> =
            values.iter_mut().map(|value| std::ptr::from_mut(value).cast()).collect();
        let Grid { blocks, threads, shared_bytes } = grid;
        // SAFETY: the function is of a module of this context, and its arguments, which the caller warrants, are copied at once.
        let launched = unsafe {
            result::launch_kernel(
                function,
                (blocks, 1, 1),
                (threads, 1, 1),
                shared_bytes,
                self.lane.stream.0,
                &mut addresses,
            )
        };
        step("a kernel didn't start", launched)
    }

    fn download<T: Plain>(&mut self, from: &Pointer, values: &mut [T]) -> Result<(), Failure> {
        let bytes = size_of_val(values);
        if bytes > from.bytes {
            return Err(Failure::Broken(format!("{bytes} bytes are downloaded of {}", from.bytes)));
        }
        let mut at = 0;
        while at < bytes {
            let Pinned { at: through, bytes: room, .. } = &self.lane.on_the_way_back;
            let (through, piece) = (*through, (bytes - at).min(*room));
            // SAFETY: there are as many bytes in the pinned memory, which nothing else uses, and the stream is waited for before they are
            // read.
            let copied = unsafe {
                let to = std::slice::from_raw_parts_mut(through.as_ptr(), piece);
                result::memcpy_dtoh_async(to, from.at + at as u64, self.lane.stream.0)
            };
            step("a copy from the device failed", copied)?;
            self.settle()?;
            // SAFETY: the values have as many bytes from there on, and any bytes are plain numbers.
            unsafe {
                NonNull::from(&mut *values).cast::<u8>().add(at).copy_from_nonoverlapping(through, piece);
            }
            at += piece;
        }
        Ok(())
    }
}

/// Memory for what stays as long as the device is used: tables.
#[derive(Debug)]
pub(crate) struct Permanent<'a, 'b> {
    pub(super) slot: &'a mut Slot<'b>,
}

impl Store for Permanent<'_, '_> {
    type Memory = Pointer;

    fn memory(&mut self, bytes: usize) -> Result<Pointer, Failure> {
        // SAFETY: it is let go of with the context.
        let at = step("the device gives no memory", unsafe { result::malloc_sync(bytes.max(1)) })?;
        Ok(Pointer { at, bytes })
    }

    fn upload<T: Plain>(&mut self, values: &[T], to: &Pointer) -> Result<(), Failure> {
        let bytes = size_of_val(values);
        if bytes > to.bytes {
            return Err(Failure::Broken(format!("{bytes} bytes are uploaded to {}", to.bytes)));
        }
        // SAFETY: there is as much memory there, and the stream is waited for while the values are there.
        let copied = unsafe { result::memcpy_htod_async(to.at, values, self.slot.lane.stream.0) };
        step("a copy to the device failed", copied)?;
        self.slot.settle()
    }
}
