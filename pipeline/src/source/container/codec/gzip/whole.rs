//! libdeflate's decoder, which wants a stream whole and room for all that comes out.

use std::ptr::NonNull;

use libdeflate_sys::{
    libdeflate_alloc_decompressor, libdeflate_decompressor, libdeflate_free_decompressor,
    libdeflate_gzip_decompress_ex, libdeflate_result_LIBDEFLATE_SUCCESS,
};

/// A decoder with its tables.
pub(super) struct Inflater(NonNull<libdeflate_decompressor>);

impl Inflater {
    /// None where there is no memory for it.
    pub(super) fn new() -> Option<Self> {
        // SAFETY: the function takes nothing, and gives a null pointer or a decoder that is the caller's.
        #[expect(unsafe_code, reason = "a function of a C library")]
        let decoder = unsafe { libdeflate_alloc_decompressor() };
        NonNull::new(decoder).map(Self)
    }

    /// Decodes the gzip stream that `input` begins with into `out`, which must be as long as what comes out; answers the length
    /// of the stream. None for a stream that is damaged, cut, or of another length.
    pub(super) fn gzip(&mut self, input: &[u8], out: &mut [u8]) -> Option<usize> {
        let (mut read, mut written) = (0, 0);
        // SAFETY: the decoder is alive and nobody else's while `self` is borrowed; both pointers are to as many bytes as
        // is said, the first to be read, the second to be written; the two numbers outlive the call.
        #[expect(unsafe_code, reason = "a function of a C library")]
        let result = unsafe {
            libdeflate_gzip_decompress_ex(
                self.0.as_ptr(),
                input.as_ptr().cast(),
                input.len(),
                out.as_mut_ptr().cast(),
                out.len(),
                &raw mut read,
                &raw mut written,
            )
        };
        (result == libdeflate_result_LIBDEFLATE_SUCCESS && written == out.len()).then_some(read)
    }
}

impl Drop for Inflater {
    fn drop(&mut self) {
        // SAFETY: the decoder was allocated by its counterpart, and is not used after this.
        #[expect(unsafe_code, reason = "a function of a C library")]
        unsafe {
            libdeflate_free_decompressor(self.0.as_ptr());
        }
    }
}
