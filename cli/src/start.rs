//! The text for a call without a command.

/// The first steps, for a user who ran the program without arguments.
pub(crate) const FIRST_STEPS: &str = "\
viewlink: no command was named. First steps:
  viewlink top views.viewlink     watch a store; one that a host has open: viewlink top http://127.0.0.1:8080
  viewlink stats views.viewlink   see how large it is
  viewlink link views.viewlink my-view checkout-v2 --create --create-view   make a store with a link
  viewlink help                   list all commands; `viewlink help COMMAND` has examples";
