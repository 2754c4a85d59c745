// See proof.h. The only file that includes Z3.
#include "tests/unit/proof.h"

#include <z3++.h>

#include "tests/unit/instances.h"

namespace tinycc::scalars {
namespace {

constexpr unsigned kMilliseconds =
    1000;  // longer seldom helps: symbolic divisors are not decidable

/// "c=3 d=4"
std::string numbers_of(const Rule& rule, const Match& match) {
  std::string text;
  for (Expr v : variables_of(rule)) {
    if (!rules::is_number(v)) continue;
    text +=
        (text.empty() ? "" : " ") + v->attr.name + "=" + text_of(match.slots[rules::slot_of(v)]);
  }
  return text;
}

/// How numbers of a rule's types are spelled to Z3: as integers, or as bit vectors.
struct Numbers {
  unsigned bits = 0;  // 0: unbounded integers
  bool is_signed = true;
};

class Translator {
 public:
  Translator(z3::context& context, Numbers numbers, const Match* known)
      : context_(context), numbers_(numbers), known_(known) {}

  z3::expr translate(Expr e) {
    if (rules::is_variable(e)) return variable(e);
    if (e->is(Op::constant)) return constant_value(integer_of(e), is_bool(e->dtype));
    std::vector<z3::expr> s;
    for (Expr source : e->sources) s.push_back(translate(source));
    if (is_bool(e->sources[0]->dtype) && !e->is(Op::where)) return on_bools(e->op, s[0], s.back());
    switch (e->op) {
      case Op::neg: return -s[0];
      case Op::add: return s[0] + s[1];
      case Op::mul: return s[0] * s[1];
      case Op::div: return quotient(s[0], s[1]);
      case Op::mod: return s[0] - quotient(s[0], s[1]) * s[1];
      case Op::max: return z3::ite(less(s[0], s[1]), s[1], s[0]);
      case Op::min: return z3::ite(less(s[1], s[0]), s[1], s[0]);
      case Op::lt: return less(s[0], s[1]);
      case Op::eq: return s[0] == s[1];
      case Op::bit_and: return s[0] & s[1];
      case Op::bit_or: return s[0] | s[1];
      case Op::bit_xor: return s[0] ^ s[1];
      case Op::shl: return z3::shl(s[0], s[1]);
      case Op::shr: return numbers_.is_signed ? z3::ashr(s[0], s[1]) : z3::lshr(s[0], s[1]);
      case Op::where: return z3::ite(s[0], s[1], s[2]);
      default:
        throw Error(ExitCode::internal, "no translation to Z3 for " + std::string(name_of(e->op)));
    }
  }

 private:
  z3::expr constant_value(int64_t value, bool boolean) {
    if (boolean) return context_.bool_val(value != 0);
    return numbers_.bits == 0 ? context_.int_val(value) : context_.bv_val(value, numbers_.bits);
  }

  z3::expr variable(Expr v) {
    const std::string name = v->attr.name;
    if (is_bool(v->dtype)) return context_.bool_const(name.c_str());
    if (known_ != nullptr && rules::is_number(v)) {
      return constant_value(integer_of(known_->slots[rules::slot_of(v)]), false);
    }
    return numbers_.bits == 0 ? context_.int_const(name.c_str())
                              : context_.bv_const(name.c_str(), numbers_.bits);
  }

  static z3::expr on_bools(Op op, const z3::expr& a, const z3::expr& b) {
    switch (op) {
      case Op::add:
      case Op::bit_xor: return a != b;
      case Op::mul:
      case Op::min:
      case Op::bit_and: return a && b;
      case Op::max:
      case Op::bit_or: return a || b;
      case Op::eq: return a == b;
      default: throw Error(ExitCode::internal, "no translation to Z3 on bools");
    }
  }

  z3::expr less(const z3::expr& a, const z3::expr& b) const {
    return numbers_.bits == 0 || numbers_.is_signed ? a < b : z3::ult(a, b);
  }

  /// Floors; by zero 0. Z3's integer division floors for positive divisors; that of bit vectors
  /// truncates.
  z3::expr quotient(const z3::expr& a, const z3::expr& b) {
    const z3::expr zero = constant_value(0, false), one = constant_value(1, false);
    if (numbers_.bits == 0) return z3::ite(b > 0, a / b, z3::ite(b == 0, zero, (-a) / (-b)));
    if (!numbers_.is_signed) return z3::ite(b == zero, zero, z3::udiv(a, b));
    const z3::expr q = a / b;
    const z3::expr rounds_up = q * b != a && ((a < zero) != (b < zero));
    return z3::ite(b == zero, zero, z3::ite(rounds_up, q - one, q));
  }

  z3::context& context_;
  Numbers numbers_;
  const Match* known_;  // values of the numbers, or all symbolic
};

Proof prove(const Rule& rule, Numbers numbers, const Match* known) {
  z3::context context;
  z3::solver solver(context);
  z3::params limits(context);
  limits.set("timeout", kMilliseconds);
  solver.set(limits);
  Translator to_z3(context, numbers, known);
  if (rule.guard) solver.add(to_z3.translate(rule.guard));
  solver.add(to_z3.translate(rule.left) != to_z3.translate(rule.right));
  switch (solver.check()) {
    case z3::unsat: return {Proof::Result::proven, ""};
    case z3::sat: {
      std::string model = solver.get_model().to_string();
      return {Proof::Result::refuted,
              known != nullptr ? numbers_of(rule, *known) + ": " + model : model};
    }
    default: return {};
  }
}

Proof prove_for_some_numbers(const Rule& rule) {
  Pool pool;
  Random random(7);
  std::string tried;
  for (int i = 0; i < 6; ++i) {
    const auto numbers = instance(rule, DType::i64, pool, random);
    if (!numbers) return {Proof::Result::unknown, "no numbers satisfy the guard"};
    const Proof proof = prove(rule, {}, &*numbers);
    if (proof.result == Proof::Result::refuted) return proof;
    if (proof.result == Proof::Result::unknown) {
      return {Proof::Result::unknown, "for " + numbers_of(rule, *numbers)};
    }
    tried += (i > 0 ? "; " : "") + numbers_of(rule, *numbers);
  }
  return {Proof::Result::proven, "for " + tried};
}

}  // namespace

Proof prove_rule(const Rule& rule, Domain domain) {
  if (domain == Domain::index || types_for(rule)[0] == DType::i64) {
    const Proof proof = prove(rule, {}, nullptr);
    return proof.result == Proof::Result::unknown ? prove_for_some_numbers(rule) : proof;
  }
  for (const Numbers numbers : {Numbers{8, true}, Numbers{8, false}, Numbers{16, true}}) {
    const Proof proof = prove(rule, numbers, nullptr);
    if (proof.result != Proof::Result::proven) return proof;
  }
  return {Proof::Result::proven, ""};
}

}  // namespace tinycc::scalars
