//! The models a session knows, by name.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use super::error::ModelError;
use super::files::ModelFiles;
use super::model::Model;

/// Names to models, shared by the functions of a session. They are loaded from bytes by whoever can fetch them, before a query runs.
#[derive(Debug, Default)]
pub struct Models {
    by_name: RwLock<BTreeMap<String, Arc<Model>>>,
}

impl Models {
    /// The model of that name.
    pub fn get(&self, name: &str) -> Result<Arc<Model>, ModelError> {
        let by_name = self.by_name.read().unwrap_or_else(PoisonError::into_inner);
        by_name.get(name).map(Arc::clone).ok_or_else(|| {
            let known: Vec<&str> = by_name.keys().map(String::as_str).collect();
            let hint = match known.as_slice() {
                [] => "none is loaded".to_owned(),
                known => format!("loaded are {}", known.join(", ")),
            };
            ModelError::Unknown { name: name.to_owned(), hint }
        })
    }

    /// What the model `name` is called where a GPU makes its vectors: under its own name they are the processor's.
    pub fn name_by_gpu(name: &str) -> String {
        format!("{name} by a GPU")
    }

    /// Has the name stand for `model`, whatever it stood for.
    pub fn keep(&self, name: String, model: Arc<Model>) {
        self.by_name.write().unwrap_or_else(PoisonError::into_inner).insert(name, model);
    }

    /// Reads a model ([`Model::parse`]) and keeps it under `name`. Loading the same files again is nothing new; others under a name
    /// in use are refused.
    pub fn load(&self, name: &str, files: &ModelFiles<'_>) -> Result<Arc<Model>, ModelError> {
        let model = Arc::new(Model::parse(name, files)?);
        let mut by_name = self.by_name.write().unwrap_or_else(PoisonError::into_inner);
        match by_name.get(name) {
            Some(before) if before.digest() == model.digest() => Ok(Arc::clone(before)),
            Some(_) => Err(ModelError::Taken { name: name.to_owned() }),
            None => {
                by_name.insert(name.to_owned(), Arc::clone(&model));
                Ok(model)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::super::SampleModel;
    use super::*;

    #[test]
    fn a_name_stands_for_one_model() {
        let (models, tiny, other) = (Models::default(), SampleModel::encoder(8), SampleModel::table());
        let nothing = models.get("tiny").unwrap_err().to_string();
        assert_eq!(nothing, "no model is called `tiny`\n  hint: none is loaded");
        let first = models.load("tiny", &tiny.files()).unwrap();
        assert!(Arc::ptr_eq(&first, &models.load("tiny", &tiny.files()).unwrap()));
        assert!(Arc::ptr_eq(&first, &models.get("tiny").unwrap()));
        let taken = models.load("tiny", &other.files()).unwrap_err().to_string();
        assert_eq!(taken, "`tiny` already names another model");
        let unknown = models.get("small").unwrap_err().to_string();
        assert_eq!(unknown, "no model is called `small`\n  hint: loaded are tiny");
    }
}
