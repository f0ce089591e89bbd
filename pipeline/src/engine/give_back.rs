//! Memory that was freed, given back to the operating system.

/// From this size on a block of memory is the operating system's again as soon as it is freed. glibc begins with 128 KiB, and
/// takes the size of the largest block that was freed since, up to 32 MiB: then the buffers of members, pages and batches come
/// to lie between small things that live on, and the process grows by the hour.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const LARGE_BLOCK: libc::c_int = 1 << 20;

/// Makes the allocator give back large blocks at once, for the whole process.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub fn large_blocks_at_once() {
    // SAFETY: the function may be called at any time from any thread; it sets a number for allocations to come.
    #[expect(unsafe_code, reason = "a function of the C library")]
    let _set = unsafe { libc::mallopt(libc::M_MMAP_THRESHOLD, LARGE_BLOCK) };
}

/// Other allocators know best themselves.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub fn large_blocks_at_once() {}

/// Gives back what the allocator keeps for later: between two steps of a run, for the next one allocates on other threads
/// and in other sizes, and would take its own beside it.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub fn freed_memory() {
    // SAFETY: the function may be called at any time from any thread; it touches only what nobody owns.
    #[expect(unsafe_code, reason = "a function of the C library")]
    let _gave = unsafe { libc::malloc_trim(0) };
}

/// Other allocators know best themselves.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub fn freed_memory() {}
