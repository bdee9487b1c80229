//! What is said where no command is named.

/// The first steps, for whoever has run the program by its name alone.
pub(crate) const FIRST_STEPS: &str = "\
viewlink: no command was named. First steps:
  viewlink top views.viewlink     watch a store; one that a host has open: viewlink top http://127.0.0.1:8080
  viewlink stats views.viewlink   see how large it is
  viewlink link views.viewlink my-view checkout-v2 --create --create-view   make a store with a link
  viewlink help                   list all commands; `viewlink help COMMAND` has examples";
