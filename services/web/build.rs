//! Builds this crate again when the browser app was built: its files are put into the program, and cargo knows of no folder that was
//! not there at the last build.

fn main() {
    println!("cargo:rerun-if-changed=app/dist");
}
