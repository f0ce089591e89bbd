//! What the processor can do.

/// Whether it shifts by any register and counts and shuffles bytes in one instruction: x86-64 processors of
/// the last ten years do.
#[cfg(target_arch = "x86_64")]
pub(super) fn is_recent() -> bool {
    is_x86_feature_detected!("bmi1")
        && is_x86_feature_detected!("bmi2")
        && is_x86_feature_detected!("popcnt")
        && is_x86_feature_detected!("ssse3")
}
