//! Numbers, names and documentation as tokens.

use crate::problem::one_line;
use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::quote;

/// A name that `lower/` made.
pub(super) fn ident(name: &str) -> Ident {
    Ident::new(name, Span::call_site())
}

/// The shortest literal that reads back to the same 64-bit float.
pub(super) fn double(number: f64) -> TokenStream {
    float(number, &format!("{:?}_f64", number.abs()), &quote!(f64))
}

/// The shortest literal that reads back to the same 32-bit float.
pub(super) fn single(number: f64) -> TokenStream {
    float(number, &format!("{:?}_f32", (number as f32).abs()), &quote!(f32))
}

/// A float of the width that `single` asks for.
pub(super) fn number(number: f64, is_single: bool) -> TokenStream {
    if is_single { single(number) } else { double(number) }
}

fn float(number: f64, magnitude: &str, width: &TokenStream) -> TokenStream {
    if number.is_nan() {
        return quote!(#width::NAN);
    }
    let magnitude = if number.is_infinite() {
        quote!(#width::INFINITY)
    } else {
        let literal: Literal =
            magnitude.parse().expect("a finite float's debug text and suffix are a literal");
        quote!(#literal)
    };
    if number.is_sign_negative() { quote!(-#magnitude) } else { magnitude }
}

/// An index or a count.
pub(super) fn count(number: usize) -> Literal {
    Literal::usize_unsuffixed(number)
}

/// A doc comment.
pub(super) fn doc(text: &str) -> TokenStream {
    let text = format!(" {text}");
    quote!(#[doc = #text])
}

/// Any text as code in a doc comment.
pub(super) fn code(text: &str) -> String {
    let text = one_line(text);
    let fence = if text.contains('`') { "``" } else { "`" };
    let blank = if text.contains('`') || text.is_empty() { " " } else { "" };
    format!("{fence}{blank}{text}{blank}{fence}")
}
