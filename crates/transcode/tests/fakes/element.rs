//! The fake: a bin with x264enc in it and a fault in front.

use std::collections::HashMap;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use gstreamer as gst;
use gstreamer::glib;
use gstreamer::prelude::*;
use gstreamer::subclass::prelude::*;

static FAULTS: OnceLock<HashMap<String, String>> = OnceLock::new();

/// `fakes`: `nvh264enc=hangs` and so on.
pub fn register(fakes: &[String]) {
    gst::init().unwrap();
    let faults = fakes.iter().map(|fake| fake.split_once('=').unwrap());
    let faults: HashMap<_, _> = faults.map(|(name, fault)| (name.to_owned(), fault.to_owned())).collect();
    let kinds = [("nvh264enc", nv::Fake::static_type()), ("vah264enc", va::Fake::static_type())];
    for (name, kind) in kinds.into_iter().filter(|(name, _)| faults.contains_key(*name)) {
        gst::Element::register(None, name, gst::Rank::NONE, kind).unwrap();
    }
    FAULTS.set(faults).unwrap();
}

/// What the fault makes of picture number `number`, counted from 1, in front of the encoder.
fn meet(fault: &str, number: u64, fake: &gst::Element) -> Option<gst::FlowError> {
    let fails_at = match fault {
        "works" | "refuses-ready" => return None,
        "fails-at-first" => 1,
        "fails-at-100th" => 100,
        "crashes-at-20th" if number == 20 => std::process::abort(),
        "hangs-at-20th" if number == 20 => loop {
            std::thread::park();
        },
        "crashes-at-20th" | "hangs-at-20th" => return None,
        "hangs" => loop {
            std::thread::park();
        },
        other => panic!("no such fault: {other}"),
    };
    if number < fails_at {
        return None;
    }
    gst::element_error!(fake, gst::LibraryError::Encode, ["the device says no"]);
    Some(gst::FlowError::Error)
}

macro_rules! fake {
    ($module:ident, $name:literal, $type_name:literal) => {
        pub mod $module {
            use super::*;

            glib::wrapper! {
                pub struct Fake(ObjectSubclass<Implementation>) @extends gst::Bin, gst::Element, gst::Object;
            }

            #[derive(Default)]
            pub struct Implementation {
                encoder: OnceLock<gst::Element>,
            }

            #[glib::object_subclass]
            impl ObjectSubclass for Implementation {
                const NAME: &'static str = $type_name;
                type Type = Fake;
                type ParentType = gst::Bin;
            }

            impl Implementation {
                fn fault() -> &'static str {
                    &FAULTS.get().unwrap()[$name]
                }
            }

            impl ObjectImpl for Implementation {
                fn properties() -> &'static [glib::ParamSpec] {
                    static PROPERTIES: OnceLock<Vec<glib::ParamSpec>> = OnceLock::new();
                    PROPERTIES.get_or_init(|| {
                        let number = |name| glib::ParamSpecUInt::builder(name).build();
                        ["bitrate", "gop-size", "key-int-max"].map(number).to_vec()
                    })
                }

                fn set_property(&self, _: usize, value: &glib::Value, spec: &glib::ParamSpec) {
                    let name = if spec.name() == "bitrate" { "bitrate" } else { "key-int-max" };
                    self.encoder.get().unwrap().set_property(name, value.get::<u32>().unwrap());
                }

                fn property(&self, _: usize, spec: &glib::ParamSpec) -> glib::Value {
                    let name = if spec.name() == "bitrate" { "bitrate" } else { "key-int-max" };
                    self.encoder.get().unwrap().property::<u32>(name).to_value()
                }

                fn constructed(&self) {
                    self.parent_constructed();
                    let encoder = gst::ElementFactory::make("x264enc").build().unwrap();
                    for (property, value) in [
                        ("tune", "zerolatency"),
                        ("speed-preset", "ultrafast"),
                        ("option-string", "scenecut=0"),
                        ("threads", "1"),
                    ] {
                        encoder.set_property_from_str(property, value);
                    }
                    let fake = self.obj();
                    fake.add(&encoder).unwrap();
                    for pad in ["sink", "src"] {
                        let target = encoder.static_pad(pad).unwrap();
                        let ghost = gst::GhostPad::builder_with_target(&target).unwrap().name(pad).build();
                        fake.add_pad(&ghost).unwrap();
                    }
                    let (seen, weak) = (AtomicU64::new(0), fake.downgrade());
                    let pad = encoder.static_pad("sink").unwrap();
                    pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
                        let number = seen.fetch_add(1, Ordering::Relaxed) + 1;
                        let fake = weak.upgrade().unwrap();
                        match meet(Self::fault(), number, fake.upcast_ref()) {
                            None => gst::PadProbeReturn::Ok,
                            Some(error) => {
                                info.flow_res = Err(error);
                                gst::PadProbeReturn::Handled
                            }
                        }
                    });
                    self.encoder.set(encoder).unwrap();
                }
            }

            impl GstObjectImpl for Implementation {}

            impl ElementImpl for Implementation {
                fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
                    static METADATA: OnceLock<gst::subclass::ElementMetadata> = OnceLock::new();
                    Some(METADATA.get_or_init(|| {
                        gst::subclass::ElementMetadata::new(
                            "Fake",
                            "Encoder/Video",
                            "Fails as told",
                            "Streamly",
                        )
                    }))
                }

                fn change_state(
                    &self,
                    transition: gst::StateChange,
                ) -> Result<gst::StateChangeSuccess, gst::StateChangeError> {
                    if transition == gst::StateChange::NullToReady && Self::fault() == "refuses-ready" {
                        return Err(gst::StateChangeError);
                    }
                    self.parent_change_state(transition)
                }
            }

            impl BinImpl for Implementation {}
        }
    };
}

fake!(nv, "nvh264enc", "FakeNvH264Enc");
fake!(va, "vah264enc", "FakeVaH264Enc");
