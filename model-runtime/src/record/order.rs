//! The order in which an object's keys stood in the records before. Records of a stream mostly repeat it, so a key is
//! first compared with the one that should come next, and looked up only if it is another.

/// How many keys of the order may be absent in a row before a key is looked up.
const ABSENT_MAX: usize = 3;
/// Longer keys are looked up each time: what is remembered is bounded by the model, not by the records.
const KEY_BYTES_MAX: usize = 128;
/// More keys than can be remembered have come in no order. Then so many go by before an order is sought again, which
/// is in vain as a rule and then costs more than it saves.
const REST_KEYS: usize = 10_000;

/// Keys as they stood in records, each with what it was found to mean.
#[derive(Debug)]
pub(super) struct Order<Meaning> {
    keys: Vec<Key<Meaning>>,
    /// The keys' bytes, one key's after another's.
    bytes: Vec<u8>,
    /// The index of the key that should come next.
    next: usize,
    /// So many keys more are not remembered.
    rest: usize,
}

#[derive(Clone, Copy, Debug)]
struct Key<Meaning> {
    start: usize,
    end: usize,
    meaning: Meaning,
}

impl<Meaning> Default for Order<Meaning> {
    fn default() -> Self {
        Self { keys: Vec::new(), bytes: Vec::new(), next: 0, rest: 0 }
    }
}

impl<Meaning: Copy> Order<Meaning> {
    /// An object begins.
    #[inline]
    pub(super) fn restart(&mut self) {
        self.next = 0;
    }

    /// If `rest` begins with one of the keys that should come next: how many bytes it has, and what it means.
    #[inline]
    pub(super) fn expect(&mut self, rest: &[u8]) -> Option<(usize, Meaning)> {
        let key = self.keys.get(self.next)?;
        if begins_with(rest, &self.bytes[key.start..key.end]) {
            self.next += 1;
            return Some((key.end - key.start, key.meaning));
        }
        self.expect_later(rest)
    }

    #[inline(never)]
    fn expect_later(&mut self, rest: &[u8]) -> Option<(usize, Meaning)> {
        let later = &self.keys[self.next + 1..];
        let is_next = |key: &Key<Meaning>| begins_with(rest, &self.bytes[key.start..key.end]);
        let absent = later.iter().take(ABSENT_MAX).position(is_next)?;
        let key = later[absent];
        self.next += absent + 2;
        Some((key.end - key.start, key.meaning))
    }

    /// Remembers a key that was not expected, from its first quote to where its value begins, among at most
    /// `keys_max`.
    ///
    /// It must be sound and have one meaning only, since the same bytes are taken for the same key from now on.
    pub(super) fn learn(&mut self, bytes: &[u8], meaning: Meaning, keys_max: usize) {
        if self.rest > 0 {
            self.rest -= 1;
            return;
        }
        if bytes.len() > KEY_BYTES_MAX {
            return;
        }
        if self.keys.len() == keys_max {
            self.keys.clear();
            self.bytes.clear();
            self.next = 0;
            self.rest = REST_KEYS;
            return;
        }
        let start = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        self.keys.insert(self.next, Key { start, end: self.bytes.len(), meaning });
        self.next += 1;
    }
}

/// Whether `text` begins with `key`: compared in words, as keys are too short for a call to pay.
#[inline]
fn begins_with(text: &[u8], key: &[u8]) -> bool {
    let Some(text) = text.get(..key.len()) else { return false };
    match key.len() {
        8.. => are_alike::<8>(text, key),
        4.. => are_alike::<4>(text, key),
        _ => text == key,
    }
}

/// Compares texts of one length, which is at least that of a word; the last word overlaps the one before.
#[inline]
fn are_alike<const WORD_BYTES: usize>(text: &[u8], key: &[u8]) -> bool {
    let (words, _) = text.as_chunks::<WORD_BYTES>();
    let (key_words, _) = key.as_chunks();
    let are_alike = words.iter().zip(key_words).all(|(word, key_word)| word == key_word);
    are_alike && text.last_chunk::<WORD_BYTES>() == key.last_chunk()
}

#[cfg(test)]
mod tests {
    use super::{ABSENT_MAX, KEY_BYTES_MAX, Order, REST_KEYS, begins_with};

    /// An order of the keys 0, 1, 2 and so on, each of which means its own number.
    fn order(keys: usize) -> Order<usize> {
        let mut order = Order::default();
        for key in 0..keys {
            order.learn(bytes(key).as_bytes(), key, keys);
        }
        order.restart();
        order
    }

    fn bytes(key: usize) -> String {
        format!("\"{key}\":")
    }

    /// What each key is expected to mean, if it is expected.
    fn expected(order: &mut Order<usize>, keys: &[usize]) -> Vec<Option<usize>> {
        let expect = |key: &usize| order.expect(format!("{}null", bytes(*key)).as_bytes());
        keys.iter().map(expect).map(|found| found.map(|(_, meaning)| meaning)).collect()
    }

    #[test]
    fn keys_are_expected_in_their_order() {
        let mut order = order(3);
        assert_eq!(order.expect(b"\"0\": null"), Some((4, 0)));
        assert_eq!(expected(&mut order, &[1, 2, 0]), [Some(1), Some(2), None]);
        order.restart();
        assert_eq!(expected(&mut order, &[0, 1]), [Some(0), Some(1)]);
    }

    #[test]
    fn some_keys_may_be_absent_in_a_row() {
        let last = 1 + ABSENT_MAX;
        assert_eq!(expected(&mut order(9), &[0, last, last + 1]), [Some(0), Some(last), Some(last + 1)]);
        assert_eq!(expected(&mut order(9), &[0, last + 1, 1]), [Some(0), None, Some(1)]);
    }

    #[test]
    fn a_key_that_comes_in_between_is_learnt() {
        let mut order = order(2);
        assert_eq!(expected(&mut order, &[0, 7]), [Some(0), None]);
        order.learn(b"\"7\":", 7, 3);
        assert_eq!(expected(&mut order, &[1]), [Some(1)]);
        order.restart();
        assert_eq!(expected(&mut order, &[0, 7, 1]), [Some(0), Some(7), Some(1)]);
    }

    #[test]
    fn a_long_key_is_not_remembered() {
        let mut order = Order::default();
        order.learn(&[b'x'; KEY_BYTES_MAX + 1], 1, 9);
        assert_eq!(order.expect(&[b'x'; KEY_BYTES_MAX + 1]), None);
        order.learn(&[b'x'; KEY_BYTES_MAX], 2, 9);
        order.restart();
        assert_eq!(order.expect(&[b'x'; KEY_BYTES_MAX]), Some((KEY_BYTES_MAX, 2)));
    }

    #[test]
    fn keys_without_an_order_are_forgotten_for_a_while() {
        let mut order = order(3);
        order.learn(b"\"3\":", 3, 3);
        assert_eq!(expected(&mut order, &[0, 1, 2, 3]), [None; 4]);
        for _ in 0..REST_KEYS {
            order.learn(b"\"4\":", 4, 3);
        }
        assert_eq!(expected(&mut order, &[4]), [None]);
        order.learn(b"\"5\":", 5, 3);
        order.restart();
        assert_eq!(expected(&mut order, &[5]), [Some(5)]);
    }

    #[test]
    fn a_text_begins_with_a_key_if_no_byte_differs() {
        let text: Vec<u8> = (b'a'..=b'z').collect();
        for length in 0..text.len() {
            assert!(begins_with(&text, &text[..length]), "{length}");
            assert!(begins_with(&text[..length], &text[..length]), "{length}");
            assert!(!begins_with(&text[..length], &text[..=length]), "{length}");
            for place in 0..length {
                let mut key = text[..length].to_vec();
                key[place] = b'A';
                assert!(!begins_with(&text, &key), "{length}, {place}");
            }
        }
    }
}
