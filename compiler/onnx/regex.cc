// See regex.h: the pattern becomes a tree, the tree a machine that may be in several states at once,
// and its sets of states, as they are reached, the states of the result.
#include "compiler/onnx/regex.h"

#include <bitset>
#include <cctype>
#include <charconv>
#include <map>
#include <memory>
#include <set>

#include "ir/error.h"

namespace tinycc::onnx {
namespace {

constexpr size_t kMostStates = 4096;
constexpr int kMostRepeats = 1000;

using Bytes = std::bitset<256>;

enum class Assert : uint8_t { begin, end, word_edge, no_word_edge };

struct Tree {
  enum class Kind : uint8_t { bytes, assertion, sequence, choice, repeat } kind = Kind::sequence;
  Bytes bytes;
  Assert assertion = Assert::begin;
  std::vector<Tree> parts;
  int least = 0, most = -1;  // of a repeat; -1: any number
};

Bytes range(int first, int last) {
  Bytes b;
  for (int c = first; c <= last; ++c) b.set(static_cast<size_t>(c));
  return b;
}

Bytes word_bytes() { return range('a', 'z') | range('A', 'Z') | range('0', '9') | range('_', '_'); }
Bytes ascii() { return range(0, 127); }

Tree of_bytes(const Bytes& b) { return {Tree::Kind::bytes, b, {}, {}, 0, -1}; }
Tree sequence(std::vector<Tree> parts) {
  return {Tree::Kind::sequence, {}, {}, std::move(parts), 0, -1};
}

/// These bytes of ASCII, or with `others` any code point beyond it as well.
Tree code_point(const Bytes& b, bool others) {
  if (!others) return of_bytes(b);
  const Tree more = of_bytes(range(0x80, 0xBF));
  return {Tree::Kind::choice,
          {},
          {},
          {of_bytes(b), sequence({of_bytes(range(0xC2, 0xDF)), more}),
           sequence({of_bytes(range(0xE0, 0xEF)), more, more}),
           sequence({of_bytes(range(0xF0, 0xF4)), more, more, more})},
          0,
          -1};
}

class Parser {
 public:
  explicit Parser(const std::string& pattern) : text_(pattern) {}

  Tree whole() {
    Tree tree = choice();
    if (at_ != text_.size()) wrong("an unmatched ')'");
    return tree;
  }

 private:
  [[noreturn]] void wrong(const std::string& what) const {
    throw Error(ExitCode::bad_input, "pattern '" + text_ + "': " + what);
  }
  [[noreturn]] void unsupported(const std::string& what) const {
    throw Error(ExitCode::unsupported, "pattern '" + text_ + "': " + what + " is not supported");
  }
  bool ended() const { return at_ == text_.size(); }
  bool take(const std::string& word) {
    if (text_.compare(at_, word.size(), word) != 0) return false;
    at_ += word.size();
    return true;
  }
  char next() {
    if (ended()) wrong("it ends too early");
    return text_[at_++];
  }

  Tree choice() {
    Tree tree{Tree::Kind::choice, {}, {}, {concatenation()}, 0, -1};
    while (take("|")) tree.parts.push_back(concatenation());
    return tree;
  }

  Tree concatenation() {
    std::vector<Tree> parts;
    while (!ended() && text_[at_] != '|' && text_[at_] != ')') parts.push_back(repeated(atom()));
    return sequence(std::move(parts));
  }

  /// Reluctant or not, the same strings match.
  Tree repeated(Tree part) {
    while (!ended()) {
      int least = 0, most = -1;
      if (take("+"))
        least = 1;
      else if (take("?"))
        most = 1;
      else if (is_digit(1) && take("{"))
        counts(least, most);
      else if (!take("*"))
        break;
      take("?");
      part = {Tree::Kind::repeat, {}, {}, {std::move(part)}, least, most};
    }
    return part;
  }

  bool is_digit(size_t ahead) const {
    return at_ + ahead < text_.size() &&
           std::isdigit(static_cast<unsigned char>(text_[at_ + ahead])) != 0;
  }

  int number() {
    int n = 0;
    while (is_digit(0) && n <= kMostRepeats) n = 10 * n + (text_[at_++] - '0');
    if (n > kMostRepeats) unsupported("a repetition of more than " + std::to_string(kMostRepeats));
    return n;
  }

  void counts(int& least, int& most) {
    least = most = number();
    if (take(",")) most = !ended() && text_[at_] == '}' ? -1 : number();
    if (!take("}") || (most >= 0 && most < least)) wrong("a bad repetition");
  }

  Tree atom() {
    const size_t start = at_;
    const char c = next();
    if (c == '(') return group();
    if (c == '[') return bracket();
    if (c == '.') return code_point(ascii() & ~range('\n', '\n'), true);
    if (c == '^') return assertion(Assert::begin);
    if (c == '$') return assertion(Assert::end);
    if (c == '\\') return escape();
    if (c == '*' || c == '+' || c == '?') wrong("nothing to repeat");
    std::vector<Tree> bytes{of_bytes(single(c))};
    while (!ended() && (text_[start] & 0xC0) == 0xC0 && (text_[at_] & 0xC0) == 0x80)
      bytes.push_back(of_bytes(single(next())));
    return sequence(std::move(bytes));
  }

  static Tree assertion(Assert a) { return {Tree::Kind::assertion, {}, a, {}, 0, -1}; }
  static Bytes single(char c) {
    const int b = static_cast<unsigned char>(c);
    return range(b, b);
  }

  Tree group() {
    if (take("?P<") || take("?<")) {
      while (next() != '>') {
      }
    } else if (take("?") && !take(":")) {
      unsupported("a group that starts with '(?'");
    }
    Tree tree = choice();
    if (!take(")")) wrong("a group without end");
    return tree;
  }

  /// \d \w \s and their opposites; false for any other letter.
  static bool named_class(char letter, Bytes& bytes) {
    switch (letter | 0x20) {
      case 'd': bytes = range('0', '9'); break;
      case 'w': bytes = word_bytes(); break;
      case 's': bytes = range('\t', '\n') | range('\f', '\r') | range(' ', ' '); break;
      default: return false;
    }
    if ((letter & 0x20) == 0) bytes = ascii() & ~bytes;
    return true;
  }

  /// A byte that an escape stands for.
  char escaped(char c) {
    static const std::string letters = "tnrfva", bytes = "\t\n\r\f\v\a";
    if (const size_t k = letters.find(c); k != std::string::npos) return bytes[k];
    if (c == 'x') {
      const std::string digits{next(), next()};
      int value = 128;
      const auto end = std::from_chars(digits.data(), digits.data() + 2, value, 16);
      if (end.ptr != digits.data() + 2 || value > 127)
        unsupported("'\\x' but for two digits of ASCII");
      return static_cast<char>(value);
    }
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) unsupported(std::string("'\\") + c + "'");
    return c;
  }

  Tree escape() {
    const char c = next();
    Bytes bytes;
    if (named_class(c, bytes)) return code_point(bytes, (c & 0x20) == 0);
    if (c == 'b') return assertion(Assert::word_edge);
    if (c == 'B') return assertion(Assert::no_word_edge);
    if (c == 'A') return assertion(Assert::begin);
    if (c == 'z') return assertion(Assert::end);
    return of_bytes(single(escaped(c)));
  }

  Tree bracket() {
    const bool negated = take("^");
    Bytes all;
    bool others = false, first = true;
    while (first || text_[at_] != ']') {
      first = false;
      if (take("[:")) unsupported("a class of characters by name");
      Bytes named;
      char low = next();
      if ((low & 0x80) != 0) unsupported("a character beyond ASCII in brackets");
      if (low == '\\') {
        const char letter = next();
        if (named_class(letter, named)) {
          all |= named;
          others |= (letter & 0x20) == 0;
          if (ended()) wrong("brackets without end");
          continue;
        }
        low = escaped(letter);
      }
      char high = low;
      if (at_ + 1 < text_.size() && text_[at_] == '-' && text_[at_ + 1] != ']') {
        ++at_;
        high = next();
        if (high == '\\') high = escaped(next());
      }
      if ((high & 0x80) != 0 || high < low) unsupported("such a range");
      all |= range(low, high);
      if (ended()) wrong("brackets without end");
    }
    ++at_;
    return code_point(negated ? ascii() & ~all : all, negated != others);
  }

  const std::string& text_;
  size_t at_ = 0;
};

/// One state: on a byte of `bytes` to next[0]; without bytes to all of `next` at once, where the
/// assertion holds. State 0 accepts.
struct State {
  Bytes bytes;
  bool asserts = false;
  Assert assertion = Assert::begin;
  std::vector<size_t> next;
};

class Machine {
 public:
  explicit Machine(const Tree& tree) {
    states_.emplace_back();
    start_ = add(tree, 0);
  }

  size_t start() const { return start_; }
  const std::vector<State>& states() const { return states_; }

 private:
  size_t push(State s) {
    if (states_.size() > 16 * kMostStates)
      throw Error(ExitCode::unsupported, "the pattern needs too many states");
    states_.push_back(std::move(s));
    return states_.size() - 1;
  }

  /// The state from which the tree leads to `next`.
  size_t add(const Tree& t, size_t next) {
    switch (t.kind) {
      case Tree::Kind::bytes: return push({t.bytes, false, {}, {next}});
      case Tree::Kind::assertion: return push({{}, true, t.assertion, {next}});
      case Tree::Kind::sequence:
        for (size_t i = t.parts.size(); i-- > 0;) next = add(t.parts[i], next);
        return next;
      case Tree::Kind::choice: {
        State s;
        for (const Tree& part : t.parts) s.next.push_back(add(part, next));
        return push(std::move(s));
      }
      case Tree::Kind::repeat: return repeat(t, next);
    }
    return next;
  }

  size_t repeat(const Tree& t, size_t next) {
    size_t from = next;
    if (t.most < 0) {
      from = push({{}, false, {}, {next}});
      const size_t body = add(t.parts[0], from);
      states_[from].next.push_back(body);
    }
    for (int i = t.least; i < t.most; ++i) {
      const size_t body = add(t.parts[0], from);
      from = push({{}, false, {}, {next, body}});
    }
    for (int i = 0; i < t.least; ++i) from = add(t.parts[0], from);
    return from;
  }

  std::vector<State> states_;
  size_t start_ = 0;
};

/// What stands before or behind a place in the string.
enum class Beside : uint8_t { nothing, word, other };

Beside beside(int byte) {
  static const Bytes words = word_bytes();
  return words.test(static_cast<size_t>(byte)) ? Beside::word : Beside::other;
}

bool holds(Assert a, Beside before, Beside behind) {
  const bool edge = (before == Beside::word) != (behind == Beside::word);
  switch (a) {
    case Assert::begin: return before == Beside::nothing;
    case Assert::end: return behind == Beside::nothing;
    case Assert::word_edge: return edge;
    case Assert::no_word_edge: return !edge;
  }
  return false;
}

/// States of the machine, before assertions at this place were looked at; and what stands before it.
using Place = std::pair<std::set<size_t>, Beside>;

std::set<size_t> closure(const Machine& m, const Place& place, Beside behind) {
  std::set<size_t> all;
  std::vector<size_t> stack(place.first.begin(), place.first.end());
  while (!stack.empty()) {
    const size_t s = stack.back();
    stack.pop_back();
    if (!all.insert(s).second) continue;
    const State& state = m.states()[s];
    if (state.bytes.any() || (state.asserts && !holds(state.assertion, place.second, behind)))
      continue;
    stack.insert(stack.end(), state.next.begin(), state.next.end());
  }
  return all;
}

/// Bytes that no state tells apart get one number.
void find_classes(const Machine& m, Automaton& a, std::vector<int>& members) {
  std::map<std::vector<bool>, int64_t> seen;
  for (int byte = 0; byte < 256; ++byte) {
    std::vector<bool> row{beside(byte) == Beside::word};
    for (const State& s : m.states()) row.push_back(s.bytes.test(static_cast<size_t>(byte)));
    const auto [found, fresh] = seen.try_emplace(row, static_cast<int64_t>(members.size()));
    if (fresh) members.push_back(byte);
    a.classes.push_back(found->second);
  }
  a.class_count = static_cast<int64_t>(members.size());
}

}  // namespace

Automaton automaton_of(const std::string& pattern) {
  const Machine machine(Parser(pattern).whole());
  Automaton result;
  std::vector<int> members;  // a byte of each class
  find_classes(machine, result, members);
  std::map<Place, size_t> numbers;
  std::vector<Place> places;
  const auto number = [&](const Place& p) {
    const auto [found, fresh] = numbers.try_emplace(p, places.size());
    if (fresh) places.push_back(p);
    return static_cast<int64_t>(found->second);
  };
  number({{machine.start()}, Beside::nothing});
  for (size_t k = 0; k < places.size(); ++k) {
    if (k > kMostStates)
      throw Error(ExitCode::unsupported, "pattern '" + pattern + "' needs too many states");
    const Place here = places[k];
    result.accepts.push_back(closure(machine, here, Beside::nothing).count(0) > 0 ? 1 : 0);
    for (const int byte : members) {
      Place there{{}, beside(byte)};
      for (const size_t s : closure(machine, here, there.second)) {
        const State& state = machine.states()[s];
        if (state.bytes.test(static_cast<size_t>(byte))) there.first.insert(state.next[0]);
      }
      result.next.push_back(number(there));
    }
  }
  return result;
}

}  // namespace tinycc::onnx
