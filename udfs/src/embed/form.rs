//! What a vector is written as.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, FixedSizeBinaryArray, FixedSizeListArray, Float16Array, Float32Array, Int8Array, StructArray,
};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{DataType, Field, FieldRef, Fields};
use datafusion::common::Result;
use half::f16;
use tweetmill_kernels::encoder::{to_binary, to_f16, to_int8};

/// How the numbers of a vector are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum VectorForm {
    /// As they are.
    Float32,
    /// Rounded to half precision.
    Float16,
    /// Whole multiples, −127 to 127, of a scale that each vector has: number = value · scale.
    Int8,
    /// One bit each, set where it is above zero, the first the highest of the first byte.
    Binary,
}

impl VectorForm {
    /// All there are.
    pub const ALL: [Self; 4] = [Self::Float32, Self::Float16, Self::Int8, Self::Binary];

    /// As queries and run files name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Float32 => "float32",
            Self::Float16 => "float16",
            Self::Int8 => "int8",
            Self::Binary => "binary",
        }
    }

    /// The form of that name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|form| form.name() == name)
    }

    /// The column type of vectors of so many numbers.
    pub fn data_type(self, dimensions: usize) -> DataType {
        let list = |values| DataType::FixedSizeList(item(values), dimensions as i32);
        match self {
            Self::Float32 => list(DataType::Float32),
            Self::Float16 => list(DataType::Float16),
            Self::Int8 => DataType::Struct(int8_fields(dimensions)),
            Self::Binary => DataType::FixedSizeBinary(dimensions.div_ceil(8) as i32),
        }
    }

    /// A column of `vectors`, `dimensions` numbers a row; null where `nulls` says so.
    pub(crate) fn column(
        self,
        vectors: Vec<f32>,
        dimensions: usize,
        nulls: Option<NullBuffer>,
    ) -> Result<ArrayRef> {
        let list = |values: ArrayRef, nulls| {
            let item = item(values.data_type().clone());
            FixedSizeListArray::try_new(item, dimensions as i32, values, nulls)
        };
        Ok(match self {
            Self::Float32 => Arc::new(list(Arc::new(Float32Array::from(vectors)), nulls)?),
            Self::Float16 => {
                let mut halves = vec![f16::ZERO; vectors.len()];
                to_f16(&vectors, &mut halves);
                Arc::new(list(Arc::new(Float16Array::from(halves)), nulls)?)
            }
            Self::Int8 => {
                let mut values = vec![0_i8; vectors.len()];
                let rows = vectors.chunks_exact(dimensions).zip(values.chunks_exact_mut(dimensions));
                let scales: Float32Array = rows.map(|(vector, values)| to_int8(vector, values)).collect();
                let values = list(Arc::new(Int8Array::from(values)), None)?;
                let columns: Vec<ArrayRef> = vec![Arc::new(scales), Arc::new(values)];
                Arc::new(StructArray::try_new(int8_fields(dimensions), columns, nulls)?)
            }
            Self::Binary => {
                let bytes = dimensions.div_ceil(8);
                let mut bits = vec![0; vectors.len() / dimensions * bytes];
                for (vector, bits) in vectors.chunks_exact(dimensions).zip(bits.chunks_exact_mut(bytes)) {
                    to_binary(vector, bits);
                }
                Arc::new(FixedSizeBinaryArray::try_new(bytes as i32, bits.into(), nulls)?)
            }
        })
    }
}

/// Readers of other languages expect the inner field of a list to be called `item`.
fn item(values: DataType) -> FieldRef {
    Arc::new(Field::new("item", values, true))
}

fn int8_fields(dimensions: usize) -> Fields {
    let values = DataType::FixedSizeList(item(DataType::Int8), dimensions as i32);
    vec![Field::new("scale", DataType::Float32, false), Field::new("values", values, false)].into()
}
