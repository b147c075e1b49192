//! Passing over values that nobody reads, of any depth.

use super::problem::Problem;
use super::scan::Scanner;

/// What a value lies within.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Container {
    Array,
    Object,
}

impl Scanner<'_> {
    /// Passes over the value that comes next. `open` is scratch: a record's depth costs heap, never stack.
    #[inline(always)]
    pub(super) fn skip(&mut self, open: &mut Vec<Container>) -> Result<(), Problem> {
        match self.token() {
            Some(b'[' | b'{') => self.aside(|scanner| scanner.skip_container(open)),
            _ => self.skip_scalar(),
        }
    }

    fn skip_container(&mut self, open: &mut Vec<Container>) -> Result<(), Problem> {
        open.clear();
        loop {
            let entered = match self.token() {
                Some(b'[') => self.enter(b']', Container::Array)?,
                Some(b'{') => self.enter(b'}', Container::Object)?,
                _ => {
                    self.skip_scalar()?;
                    None
                }
            };
            match entered {
                Some(container) => open.push(container),
                None if self.leave(open)? => return Ok(()),
                None => {}
            }
        }
    }

    /// Passes over a container's opening byte to its first value; over all of an empty one, which is not entered.
    #[inline]
    fn enter(&mut self, closing: u8, container: Container) -> Result<Option<Container>, Problem> {
        self.at += 1;
        if self.token() == Some(closing) {
            self.at += 1;
            return Ok(None);
        }
        if container == Container::Object {
            self.skip_key()?;
        }
        Ok(Some(container))
    }

    /// After a value: leaves what ends there, and passes to the next value. True where nothing is open any more.
    #[inline]
    fn leave(&mut self, open: &mut Vec<Container>) -> Result<bool, Problem> {
        while let Some(&container) = open.last() {
            match (container, self.token()) {
                (Container::Array, Some(b',')) => {
                    self.at += 1;
                    return Ok(false);
                }
                (Container::Object, Some(b',')) => {
                    self.at += 1;
                    self.token();
                    return self.skip_key().map(|()| false);
                }
                (Container::Array, Some(b']')) | (Container::Object, Some(b'}')) => {
                    self.at += 1;
                    open.pop();
                }
                (Container::Array, Some(_)) => return Err(Problem::ExpectedCommaOrBracket),
                (Container::Object, Some(_)) => return Err(Problem::ExpectedCommaOrBrace),
                (Container::Array, None) => return Err(Problem::EndInArray),
                (Container::Object, None) => return Err(Problem::EndInObject),
            }
        }
        Ok(true)
    }

    fn skip_key(&mut self) -> Result<(), Problem> {
        match self.peek() {
            Some(b'"') => self.skip_string()?,
            Some(_) => return Err(Problem::ExpectedKey),
            None => return Err(Problem::EndInObject),
        }
        self.colon()
    }

    #[inline(always)]
    fn skip_scalar(&mut self) -> Result<(), Problem> {
        match self.peek() {
            Some(b'"') => self.skip_string(),
            Some(b'-' | b'0'..=b'9') => self.aside(Self::skip_number),
            Some(b't' | b'f') => self.boolean().map(drop),
            Some(b'n') => self.word("null"),
            Some(_) => Err(Problem::ExpectedValue),
            None => Err(Problem::EndInValue),
        }
    }
}
