//! Memory that was freed, given back to the operating system.

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
