//! Compiles the simulation of CUDA's execution model, where the feature `sim` asks for it: only then is a C++ compiler needed.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    #[cfg(feature = "sim")]
    sim::build();
}

#[cfg(feature = "sim")]
mod sim {
    use std::path::Path;

    /// Set, it has the sanitizers of addresses and of undefined behaviour watch the kernels.
    const SANITIZE: &str = "TWEETMILL_SANITIZE";

    /// Files of `sim/` that are kernels, and what each is compiled with beside plainly: a bug planted in it, which a test must find.
    const UNITS: [(&str, &[&str]); 6] = [
        ("bpe", &["digit_too_many", "hasty_move", "lanes_left_out"]),
        ("encoder", &["hasty_keys", "hasty_stage", "mask_one_off"]),
        ("hash", &[]),
        ("near", &["hasty_window"]),
        ("toys", &[]),
        ("wordpiece", &[]),
    ];

    pub(super) fn build() {
        println!("cargo::rerun-if-changed=sim");
        println!("cargo::rerun-if-changed=cuda");
        println!("cargo::rerun-if-env-changed={SANITIZE}");
        for (unit, bugs) in UNITS {
            compile(unit, None);
            for bug in bugs {
                compile(unit, Some(bug));
            }
        }
        driver();
        // Last: the kernels need it.
        compile("sim", None);
        if sanitizes() {
            link_sanitizers();
        }
    }

    #[expect(clippy::disallowed_methods, reason = "a build script is told what to do by its environment")]
    fn sanitizes() -> bool {
        std::env::var(SANITIZE).is_ok_and(|value| value == "1")
    }

    /// Rust links no libraries of the compiler by itself. That of addresses is to be there as a whole, to take the place of `malloc`.
    fn link_sanitizers() {
        let mut compiler = cc::Build::new().cpp(true).get_compiler().to_command();
        let Ok(found) = compiler.arg("-print-file-name=libasan.a").output() else {
            println!("cargo::error=the compiler doesn't say where its libraries are");
            return;
        };
        let library = String::from_utf8_lossy(&found.stdout).trim().to_owned();
        if let Some(folder) = Path::new(&library).parent() {
            println!("cargo::rustc-link-search=native={}", folder.display());
        }
        println!("cargo::rustc-link-lib=static:+whole-archive,-bundle=asan");
        println!("cargo::rustc-link-lib=static:-bundle=ubsan");
        println!("cargo::rustc-link-lib=stdc++");
        println!("cargo::rustc-link-lib=m");
    }

    /// Makes a library that programs take for the driver, whose device is simulated, and tells tests the folder that it is in.
    fn driver() {
        let Some(folder) = std::env::var_os("OUT_DIR").map(|folder| Path::new(&folder).join("driver")) else {
            return;
        };
        let units = ["bpe", "encoder", "hash", "near", "wordpiece", "sim", "driver"]
            .map(|unit| Path::new("sim").join(unit).with_extension("cpp"));
        let mut build = plain();
        build.files(units).pic(true).flag("-fvisibility=hidden").out_dir(&folder);
        let objects = build.compile_intermediates();
        let mut linker = build.get_compiler().to_command();
        linker.arg("-shared").args(objects).arg("-o").arg(folder.join("libcuda.so"));
        if !linker.status().is_ok_and(|status| status.success()) {
            println!("cargo::error=the simulated driver can't be linked");
        }
        println!("cargo::rustc-env=TWEETMILL_SIM_DRIVER={}", folder.display());
    }

    /// What all kernels are compiled with. They read words of texts that are bytes, as nvcc lets them, and
    /// fuse no operations that aren't written so, as nvcc is told.
    fn plain() -> cc::Build {
        let mut build = cc::Build::new();
        build.cpp(true).std("c++17").warnings(true).extra_warnings(true);
        build.flag("-fno-strict-aliasing").flag("-ffp-contract=off").flag("-Wno-unknown-pragmas");
        build
    }

    fn compile(unit: &str, bug: Option<&str>) {
        let mut build = plain();
        build.file(Path::new("sim").join(unit).with_extension("cpp"));
        let mut name = format!("tweetmill_{unit}");
        if let Some(bug) = bug {
            build
                .define("SIM_VARIANT", &*format!("_{bug}"))
                .define(&format!("BUG_{}", bug.to_uppercase()), None);
            name = format!("{name}_{bug}");
        }
        if sanitizes() {
            build.flag("-fsanitize=address,undefined").flag("-fno-sanitize-recover=undefined");
            build.flag("-fno-omit-frame-pointer").debug(true);
        }
        build.compile(&name);
    }
}
