//! What suites ask of a cloud's store, whichever it is.

use std::path::Path;

use super::azurite::Azurite;
use super::moto::Moto;

/// A store with buckets.
pub(crate) trait Cloud {
    /// Its name in messages, and the scheme of its URLs.
    fn scheme(&self) -> &'static str;
    /// Environment of a program that is to talk to it.
    fn environment(&self) -> Vec<(&'static str, String)>;
    fn create(&self, bucket: &str);
    /// Copies every object of `bucket` below the folder `to`.
    fn download(&self, bucket: &str, to: &Path);
}

impl Cloud for Moto {
    fn scheme(&self) -> &'static str {
        "s3"
    }

    fn environment(&self) -> Vec<(&'static str, String)> {
        Self::environment(self)
    }

    fn create(&self, bucket: &str) {
        self.create_bucket(bucket);
    }

    fn download(&self, bucket: &str, to: &Path) {
        Self::download(self, bucket, to);
    }
}

/// Those that can be had here; why another can't is said.
pub(crate) fn clouds() -> Vec<&'static dyn Cloud> {
    let moto = Moto::shared().map(|moto| moto as &dyn Cloud);
    moto.into_iter().chain(Azurite::shared().map(|azurite| azurite as &dyn Cloud)).collect()
}
