//! What documents are made with beside the rules of a run file: its tokenizer and its model, read from wherever they are.

use std::sync::Arc;

use bytes::Bytes;
use datafusion::common::runtime::SpawnedTask;
use object_store::ObjectStoreExt;
use object_store::path::Path;
use tweetmill_kernels::device::Gpu;
use tweetmill_udfs::embed::{Model, ModelFiles, Models};
use tweetmill_udfs::tokenize::Tokenizer;

use crate::config::{self, RunConfig, VectorDevice};
use crate::engine::store_error::explain;
use crate::engine::{Engine, Location, Storage};
use crate::error::{Error, ErrorKind, Result};
use crate::gpu;

/// Tokenizer and model, known to every session by their names.
#[derive(Debug, Clone)]
pub struct Making {
    /// Turns texts into ids.
    pub tokenizer: Arc<Tokenizer>,
    /// Turns texts into vectors, where the run file asks for them.
    pub model: Option<Arc<Model>>,
    /// Makes the vectors, where the processor doesn't.
    pub gpu: Option<Arc<Gpu>>,
}

impl Making {
    /// Makes what `config` names known to every session of `engine`.
    pub async fn load(storage: &Storage, engine: &Engine, config: &RunConfig) -> Result<Self> {
        let tokenizer = tokenizer(storage, engine, &config.tokenize.tokenizer).await?;
        let model = match &config.embed {
            None => None,
            Some(embed) => Some(model(storage, engine, embed.model.as_str()).await?),
        };
        let gpu = match config.embed.as_ref().zip(model.clone()) {
            Some((embed, model)) if embed.device == VectorDevice::Gpu => {
                Some(on_gpu(engine, embed.model.as_str(), model).await?)
            }
            _ => None,
        };
        Ok(Self { tokenizer, model, gpu })
    }
}

async fn tokenizer(
    storage: &Storage,
    engine: &Engine,
    tokenizer: &config::Tokenizer,
) -> Result<Arc<Tokenizer>> {
    let name = tokenizer.to_string();
    let file = match tokenizer {
        config::Tokenizer::Cl100kBase | config::Tokenizer::O200kBase => None,
        config::Tokenizer::Json(url) | config::Tokenizer::Tiktoken(url) => {
            let location = storage.locate(url.as_str())?;
            let file = fetch(&location, &location.path).await;
            Some(file.map_err(|error| unreadable(error, "tokenizer", &location))?)
        }
    };
    let (tokenizers, of_name) = (Arc::clone(&engine.known().tokenizers), name.clone());
    let load = move || match file {
        Some(file) => tokenizers.load(&of_name, &file),
        None => tokenizers.get(&of_name),
    };
    let loaded = SpawnedTask::spawn_blocking(load).join_unwind().await.map_err(stopped)?;
    loaded.map_err(|error| {
        Error::new(ErrorKind::Usage, format!("the tokenizer {name} cannot be used"))
            .with_source(error)
            .with_hint(
                "tokenize.tokenizer takes cl100k_base, o200k_base, or a tokenizer.json or .tiktoken file",
            )
    })
}

/// The model in the folder `url`.
async fn model(storage: &Storage, engine: &Engine, url: &str) -> Result<Arc<Model>> {
    let folder = storage.locate(url)?;
    let mut files: [Option<Bytes>; 7] = Default::default();
    for (file, name) in files.iter_mut().zip(ModelFiles::NAMES) {
        let path = name.split('/').fold(folder.path.clone(), Path::join);
        *file = match fetch(&folder, &path).await {
            Err(object_store::Error::NotFound { .. }) => None,
            fetched => Some(fetched.map_err(|error| unreadable(error, "model", &folder))?),
        };
    }
    let (models, name) = (Arc::clone(&engine.known().models), url.to_owned());
    let load = move || {
        let files = ModelFiles::of(files.each_ref().map(Option::as_deref)).map_err(|missing| {
            Error::new(ErrorKind::Input, format!("the model {name} has no {missing}"))
                .with_hint("a model is a folder as Hugging Face lays it out: config.json, tokenizer.json, model.safetensors")
        })?;
        models.load(&name, &files).map_err(|error| {
            Error::new(ErrorKind::Usage, format!("the model {name} cannot be used")).with_source(error)
        })
    };
    SpawnedTask::spawn_blocking(load).join_unwind().await.map_err(stopped)?
}

/// The GPU, with the `model` of that `name`, which sessions know there by another.
async fn on_gpu(engine: &Engine, name: &str, model: Arc<Model>) -> Result<Arc<Gpu>> {
    let (models, name) = (Arc::clone(&engine.known().models), Models::name_by_gpu(name));
    let load = move || {
        let gpu = gpu::of_vectors()?;
        models.keep(name, gpu::with_model(&gpu, &model)?);
        Ok(gpu)
    };
    SpawnedTask::spawn_blocking(load).join_unwind().await.map_err(stopped)?
}

fn stopped(error: tokio::task::JoinError) -> Error {
    Error::new(ErrorKind::Defect, "loading stopped early").with_source(error)
}

/// The object `path` in the store of `location`.
async fn fetch(location: &Location, path: &Path) -> object_store::Result<Bytes> {
    location.store.get(path).await?.bytes().await
}

fn unreadable(error: object_store::Error, what: &str, location: &Location) -> Error {
    explain(error, &location.to_string())
        .with_kind(ErrorKind::Input)
        .with_context(format!("the {what} {location} cannot be read"))
}
