//! The simulation of a device: kernels compiled by an ordinary compiler, run by fibers.

#![expect(unsafe_code, reason = "kernels are C++, and go where their arguments lead them")]
#![expect(clippy::panic, clippy::unwrap_used, reason = "tests")]

use std::alloc::{Layout, alloc, dealloc};
use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr::NonNull;

use super::{Argument, Failure, Grid, Kernel, Machine, Plain, Store, Unit};

/// As `sim::Kernel`.
#[repr(C)]
struct Entry {
    name: *const c_char,
    call: *const c_void,
    sizes: *const usize,
}

/// As `sim::Launch`.
#[repr(C)]
struct Launch {
    blocks: u32,
    threads: u32,
    shared_bytes: u32,
    interleaved: u32,
    seed: u64,
}

/// As `SIM_UNIT` defines them.
type Entries = unsafe extern "C" fn() -> *const Entry;

unsafe extern "C" {
    fn tweetmill_sim_launch(
        kernel: *const Entry,
        launch: *const Launch,
        arguments: *mut *mut c_void,
        message: *mut c_char,
        message_bytes: usize,
    ) -> c_int;

    fn tweetmill_sim_bpe() -> *const Entry;
    fn tweetmill_sim_bpe_digit_too_many() -> *const Entry;
    fn tweetmill_sim_bpe_hasty_move() -> *const Entry;
    fn tweetmill_sim_bpe_lanes_left_out() -> *const Entry;
    fn tweetmill_sim_encoder() -> *const Entry;
    fn tweetmill_sim_encoder_hasty_keys() -> *const Entry;
    fn tweetmill_sim_encoder_hasty_stage() -> *const Entry;
    fn tweetmill_sim_encoder_mask_one_off() -> *const Entry;
    fn tweetmill_sim_hash() -> *const Entry;
    fn tweetmill_sim_near() -> *const Entry;
    fn tweetmill_sim_near_hasty_window() -> *const Entry;
    fn tweetmill_sim_toys() -> *const Entry;
    fn tweetmill_sim_wordpiece() -> *const Entry;
}

/// Bytes that a message is cut after.
const MESSAGE_BYTES: usize = 512;

/// A device whose threads run in an order that a seed draws.
#[derive(Debug)]
pub(crate) struct Simulated {
    seed: u64,
    is_interleaved: bool,
    bug: Option<&'static str>,
}

impl Simulated {
    /// One whose blocks run one after another.
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed, is_interleaved: false, bug: None }
    }

    /// One whose blocks run all at once.
    pub(crate) fn interleaved(seed: u64) -> Self {
        Self { is_interleaved: true, ..Self::new(seed) }
    }

    /// Both, for a few seeds.
    pub(crate) fn several(seeds: u64) -> impl Iterator<Item = Self> {
        (0..seeds).flat_map(|seed| [Self::new(seed), Self::interleaved(seed)])
    }

    /// With the kernels that this bug was planted in.
    pub(crate) fn with_bug(self, bug: &'static str) -> Self {
        Self { bug: Some(bug), ..self }
    }

    fn entries(&self, unit: Unit) -> Entries {
        match (unit, self.bug) {
            (Unit::Bpe, None) => tweetmill_sim_bpe,
            (Unit::Bpe, Some("digit_too_many")) => tweetmill_sim_bpe_digit_too_many,
            (Unit::Bpe, Some("hasty_move")) => tweetmill_sim_bpe_hasty_move,
            (Unit::Bpe, Some("lanes_left_out")) => tweetmill_sim_bpe_lanes_left_out,
            (Unit::Encoder, None) => tweetmill_sim_encoder,
            (Unit::Encoder, Some("hasty_keys")) => tweetmill_sim_encoder_hasty_keys,
            (Unit::Encoder, Some("hasty_stage")) => tweetmill_sim_encoder_hasty_stage,
            (Unit::Encoder, Some("mask_one_off")) => tweetmill_sim_encoder_mask_one_off,
            (Unit::Hash, None) => tweetmill_sim_hash,
            (Unit::Near, None) => tweetmill_sim_near,
            (Unit::Near, Some("hasty_window")) => tweetmill_sim_near_hasty_window,
            (Unit::Toys, None) => tweetmill_sim_toys,
            (Unit::WordPiece, None) => tweetmill_sim_wordpiece,
            (unit, bug) => panic!("{unit:?} has no bug {bug:?}"),
        }
    }
}

/// Memory of exactly so many bytes: a sanitizer sees what goes beyond.
#[derive(Debug)]
pub(crate) struct Memory {
    at: NonNull<u8>,
    layout: Layout,
}

impl Memory {
    fn bytes(&self) -> usize {
        self.layout.size()
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: it was allocated with this layout.
        unsafe { dealloc(self.at.as_ptr(), self.layout) }
    }
}

impl Store for Simulated {
    type Memory = Memory;

    fn memory(&mut self, bytes: usize) -> Result<Memory, Failure> {
        let layout = Layout::from_size_align(bytes.max(1), 256).unwrap();
        // SAFETY: the layout has a byte at least.
        let at = unsafe { alloc(layout) };
        let at = NonNull::new(at).ok_or(Failure::Memory)?;
        // SAFETY: all of it was just allocated. What it holds is no zero: kernels that take it for one are found out.
        unsafe { at.write_bytes(0xA5, layout.size()) };
        Ok(Memory { at, layout })
    }

    fn upload<T: Plain>(&mut self, values: &[T], to: &Memory) -> Result<(), Failure> {
        let bytes = size_of_val(values);
        assert!(bytes <= to.bytes(), "{bytes} bytes are uploaded to {}", to.bytes());
        // SAFETY: the memory is as large, and no one else's.
        unsafe { to.at.copy_from_nonoverlapping(NonNull::from(values).cast(), bytes) };
        Ok(())
    }
}

impl Machine for Simulated {
    fn download<T: Plain>(&mut self, from: &Memory, values: &mut [T]) -> Result<(), Failure> {
        let bytes = size_of_val(values);
        assert!(bytes <= from.bytes(), "{bytes} bytes are downloaded of {}", from.bytes());
        // SAFETY: the memory is as large, all of it was written when it was made, and any bytes are a plain number.
        unsafe { NonNull::from(values).cast::<u8>().copy_from_nonoverlapping(from.at, bytes) };
        Ok(())
    }

    unsafe fn launch(
        &mut self,
        (unit, name): Kernel,
        grid: Grid,
        arguments: &[Argument<'_, Memory>],
    ) -> Result<(), Failure> {
        // SAFETY: these functions take nothing and return a list that ends with an entry without a name.
        let kernel = unsafe {
            let mut entry = self.entries(unit)();
            while !(*entry).name.is_null() && CStr::from_ptr((*entry).name).to_str() != Ok(name) {
                entry = entry.add(1);
            }
            assert!(!(*entry).name.is_null(), "{unit:?} has no kernel {name}");
            entry
        };
        let mut values: Vec<u64> = arguments
            .iter()
            .map(|argument| match argument {
                Argument::Memory(memory) => memory.at.as_ptr() as u64,
                Argument::Word(word) => u64::from(*word),
            })
            .collect();
        let mut addresses: Vec<*mut c_void> =
            values.iter_mut().map(|value| std::ptr::from_mut(value).cast()).collect();
        let Grid { blocks, threads, shared_bytes } = grid;
        let launch = Launch {
            blocks,
            threads,
            shared_bytes,
            interleaved: self.is_interleaved.into(),
            seed: self.seed,
        };
        // Each launch in another order.
        self.seed = self.seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(1);
        let mut message = [0_u8; MESSAGE_BYTES];
        // SAFETY: the kernel is one of the list, and takes these arguments, as the caller warrants; they live until it is done, as
        // does the message.
        let failed = unsafe {
            tweetmill_sim_launch(
                kernel,
                &raw const launch,
                addresses.as_mut_ptr(),
                message.as_mut_ptr().cast(),
                MESSAGE_BYTES,
            )
        };
        if failed == 0 {
            return Ok(());
        }
        let message = CStr::from_bytes_until_nul(&message).unwrap_or_default();
        Err(Failure::Broken(format!("{name}: {}", message.to_string_lossy())))
    }
}

#[cfg(test)]
mod tests {
    use half::f16;

    use super::*;

    const WARP: u32 = super::super::WARP;

    /// What a toy finds, or why it doesn't.
    fn toy(
        mut machine: Simulated,
        name: &'static str,
        blocks: u32,
        threads: u32,
        given: Option<&[u32]>,
    ) -> Result<Vec<u32>, String> {
        let mut run = || {
            let given = given.map(|given| machine.keep(given)).transpose()?;
            let mut found = vec![0; (blocks * threads) as usize];
            let memory = machine.keep(&found)?;
            let arguments: Vec<_> = given.iter().chain([&memory]).map(Argument::Memory).collect();
            let grid = Grid { blocks, threads, shared_bytes: 0 };
            // SAFETY: toys take what they are given here: one or two tables of a word a thread.
            unsafe { machine.launch((Unit::Toys, name), grid, &arguments)? };
            machine.download(&memory, &mut found)?;
            Ok(found)
        };
        run().map_err(|failure: Failure| failure.to_string())
    }

    fn why(name: &'static str) -> String {
        toy(Simulated::new(3), name, 1, 64, None).unwrap_err()
    }

    #[test]
    fn what_waits_is_right_in_every_order_and_what_does_not_is_wrong_in_some() {
        let values: Vec<u32> = (0..128).map(|at| at * 7 + 1).collect();
        let mut sum = 0;
        let sums: Vec<u32> = values
            .iter()
            .map(|value| {
                sum += value;
                sum
            })
            .collect();
        let found = |name, seed| toy(Simulated::new(seed), name, 1, 128, Some(&values)).unwrap();
        assert!((0..20).all(|seed| found("right_sums", seed) == sums));
        assert!((0..20).all(|seed| found("hasty_sums", seed) != sums));
    }

    #[test]
    fn a_seed_draws_one_order() {
        let values: Vec<u32> = (0..128).collect();
        let found = |seed| toy(Simulated::new(seed), "hasty_sums", 1, 128, Some(&values)).unwrap();
        assert_eq!(found(1), found(1));
        assert_ne!(found(1), found(2));
    }

    #[test]
    fn halves_of_a_warp_meet_by_themselves() {
        for machine in Simulated::several(4) {
            let found = toy(machine, "halves", 1, 64, None).unwrap();
            assert!(
                (0..).zip(&found).all(|(thread, found)| *found == thread % WARP / 16 * 16 + 15),
                "{found:?}"
            );
        }
    }

    #[test]
    fn what_the_model_forbids_is_told() {
        let ends = why("half_with_the_mask_of_all");
        assert!(ends.contains("waits for lane") || ends.contains("names lane"), "{ends}");
        let outside = why("lane_outside_its_mask");
        assert!(outside.contains("the mask 0000ffff is without its own lane"), "{outside}");
        let places = why("two_places");
        assert!(
            places.contains("__ballot_sync at line") && places.contains("is in __ballot_sync at line"),
            "{places}"
        );
        let deadlock = why("barrier_of_one");
        assert!(
            deadlock.contains("deadlock: 31 threads wait for others of their warp, 1 at a barrier"),
            "{deadlock}"
        );
    }

    #[test]
    fn blocks_get_in_each_others_way_only_where_they_are_interleaved() {
        let alone: Vec<u32> = (0..8).collect();
        let found = |machine| toy(machine, "one_place_for_all", 8, 32, Some(&[0])).unwrap()[..8].to_vec();
        assert!((0..20).all(|seed| found(Simulated::new(seed)) == alone));
        assert!((0..20).all(|seed| found(Simulated::interleaved(seed)) != alone));
    }

    #[test]
    fn atomics_count_every_thread() {
        for machine in Simulated::several(4) {
            assert_eq!(toy(machine, "count_all", 100, 96, None).unwrap()[0], 9600);
        }
    }

    #[test]
    fn shared_memory_is_not_zero_at_first() {
        assert_eq!(toy(Simulated::new(0), "count_unset", 1, 4, None).unwrap(), [0xA5A5_A5A5; 4]);
    }

    /// All halves, and what rounds to each of them from either side.
    #[test]
    fn halves_are_those_of_the_processor() {
        let values = toy(Simulated::new(0), "value_of_half", 512, 128, None).unwrap();
        let halves = || (0..=u16::MAX).map(f16::from_bits);
        for (half, value) in halves().zip(values) {
            let (truth, value) = (half.to_f32(), f32::from_bits(value));
            assert!(
                truth.to_bits() == value.to_bits() || truth.is_nan() && value.is_nan(),
                "{half:?}: {value}"
            );
        }

        // Each half, the middle between it and the next one, and the numbers beside these.
        let mut given: Vec<f32> = Vec::new();
        for half in halves().filter(|half| half.is_finite()) {
            let next = f16::from_bits(half.to_bits() + 1);
            // Beyond the largest comes what would be the next.
            let next = if next.is_finite() { next.to_f32() } else { 65_536.0_f32.copysign(half.to_f32()) };
            for value in [half.to_f32(), f32::midpoint(half.to_f32(), next)] {
                given.extend([value.next_down(), value, value.next_up()]);
            }
        }
        given.extend([f32::MAX, f32::INFINITY, f32::NEG_INFINITY, f32::NAN, f32::MIN_POSITIVE, 1e-45]);
        given.resize(given.len().next_multiple_of(128), -0.0);
        let truth = given.iter().map(|value| f16::from_f32(*value));
        // What is beyond them is no number, for it is to be noticed.
        let truth = truth.map(|half| if half.is_finite() { half.to_bits() } else { 0x7E00 });
        let words: Vec<u32> = given.iter().map(|value| value.to_bits()).collect();
        let found =
            toy(Simulated::new(0), "half_of_value", given.len() as u32 / 128, 128, Some(&words)).unwrap();
        assert!(truth.map(u32::from).eq(found));
    }
}
