//! Linker settings of a Node addon, nothing else.

fn main() {
    napi_build::setup();
}
