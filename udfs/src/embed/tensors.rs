//! `model.safetensors`: tensors by name, as 32-bit numbers.

use std::collections::BTreeMap;

use half::{bf16, f16};
use safetensors::{Dtype, SafeTensors};
use tweetmill_kernels::encoder::Tensor;

/// The tensors of a file that hold floating-point numbers.
pub(super) struct Tensors(BTreeMap<String, (Vec<usize>, Vec<f32>)>);

impl Tensors {
    /// Reads a file; the error says what is wrong with it.
    pub(super) fn parse(file: &[u8]) -> Result<Self, String> {
        let tensors = SafeTensors::deserialize(file).map_err(|error| error.to_string())?;
        let mut read = BTreeMap::new();
        for (name, view) in tensors.iter() {
            let bytes = view.data();
            let values: Vec<f32> = match view.dtype() {
                Dtype::F32 => numbers(bytes, f32::from_le_bytes),
                Dtype::F16 => numbers(bytes, |bytes| f16::from_le_bytes(bytes).to_f32()),
                Dtype::BF16 => numbers(bytes, |bytes| bf16::from_le_bytes(bytes).to_f32()),
                _ => continue,
            };
            read.insert(name.to_owned(), (view.shape().to_vec(), values));
        }
        Ok(Self(read))
    }

    /// The tensor of that name, with or without the name of a whole model before it.
    pub(super) fn get(&self, name: &str) -> Option<Tensor<'_>> {
        let prefixes = ["", "bert.", "roberta.", "0.auto_model."];
        let (shape, values) = prefixes.iter().find_map(|prefix| self.0.get(&format!("{prefix}{name}")))?;
        Some(Tensor { shape, values })
    }
}

fn numbers<const BYTES: usize>(bytes: &[u8], of: impl Fn([u8; BYTES]) -> f32) -> Vec<f32> {
    let (chunks, _) = bytes.as_chunks::<BYTES>();
    chunks.iter().map(|chunk| of(*chunk)).collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use safetensors::tensor::TensorView;

    use super::*;

    #[test]
    fn numbers_of_any_width_are_read() {
        let [half, brain, whole] = [1.5_f32, -2.0, 0.25].map(|value| {
            (f16::from_f32(value).to_le_bytes(), bf16::from_f32(value).to_le_bytes(), value.to_le_bytes())
        });
        let views = [
            ("half", TensorView::new(Dtype::F16, vec![1], &half.0).unwrap()),
            ("bert.brain", TensorView::new(Dtype::BF16, vec![1, 1], &brain.1).unwrap()),
            ("whole", TensorView::new(Dtype::F32, vec![1], &whole.2).unwrap()),
            ("ids", TensorView::new(Dtype::I32, vec![1], &whole.2).unwrap()),
        ];
        let tensors = Tensors::parse(&safetensors::serialize(views, None).unwrap()).unwrap();
        let value = |name: &str| tensors.get(name).map(|tensor| (tensor.shape.len(), tensor.values[0]));
        assert_eq!(value("half"), Some((1, 1.5)));
        assert_eq!(value("brain"), Some((2, -2.0)));
        assert_eq!(value("whole"), Some((1, 0.25)));
        assert_eq!(value("ids"), None);
        assert!(Tensors::parse(b"no tensors").is_err());
    }
}
