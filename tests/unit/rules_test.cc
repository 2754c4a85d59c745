// Every row of every table of rules is tested here, by being a row. To run one alone:
//   TINYCC_RULE=div-of-sum build/tests/tcc_tests --test-case='rules*'
#include <doctest/doctest.h>

#include <cstdlib>
#include <set>

#include "tests/unit/instances.h"
#include "tests/unit/proof.h"

using namespace tinycc;
using namespace tinycc::scalars;

namespace {

void for_each_rule(const std::function<void(const Rule&, Domain)>& check) {
  const char* only = std::getenv("TINYCC_RULE");
  for (const Domain domain : kDomains) {
    for (const Rule& rule : rules_of(domain)) {
      if (only != nullptr && rule.name != only) continue;
      CAPTURE(rule.name);
      CAPTURE(name_of(domain));
      CAPTURE(text_of(rule.left) + " -> " + text_of(rule.right));
      check(rule, domain);
    }
  }
}

bool is_close(double a, double b) {
  return std::abs(a - b) <= 1e-2 * std::max(1.0, std::max(std::abs(a), std::abs(b)));
}

/// Real arithmetic says nothing about infinities, NaN, roots of negative numbers or what overflows.
bool is_tame(double value) { return std::isfinite(value) && std::abs(value) < 100; }

bool agree(Expr left, Expr right, Domain domain) {
  if (left == right || !is_float(left->dtype)) return left == right;
  const double a = number_of(left), b = number_of(right);
  if (std::isnan(a) && std::isnan(b)) return true;
  return domain == Domain::fast && (!is_tame(a) || !is_tame(b) || is_close(a, b));
}

bool has_tame_values(const Rule& rule, const Match& match) {
  for (Expr v : variables_of(rule)) {
    const double value = number_of(match.slots[rules::slot_of(v)]);
    if (!is_tame(value) || (value != 0 && std::abs(value) < 0.1)) return false;
  }
  return true;
}

/// The left side with ranges (or inputs) for its variables, and these numbers.
Expr with_ranges(const Rule& rule, Match match, Pool& pool, Random& random) {
  for (Expr v : variables_of(rule)) {
    Expr& slot = match.slots[rules::slot_of(v)];
    if (rules::is_number(v)) continue;
    slot = slot->dtype == DType::i64 ? range(pool, pick(random, 1, 12), v->attr.name)
                                     : input(pool, v->attr.name, slot->dtype, {});
  }
  const Expr like = constant_int(pool, DType::i64, 0);
  return instantiate(rule.left, match, like, [](Expr e) { return e; });
}

bool needs_proof(const Rule& rule, Domain domain) {
  return domain == Domain::index || domain == Domain::integer ||
         (domain == Domain::logic && !is_float(types_for(rule)[0]));
}

}  // namespace

TEST_CASE("rules have names of their own") {
  std::set<std::string_view> names;
  for_each_rule([&](const Rule& rule, Domain) { CHECK(names.insert(rule.name).second); });
}

TEST_CASE("rules hold on random instances") {
  Random random(1);
  for_each_rule([&](const Rule& rule, Domain domain) {
    for (const DType type : types_for(rule)) {
      Pool pool;
      for (int i = 0; i < 200; ++i) {
        const auto match = instance(rule, type, pool, random);
        REQUIRE_MESSAGE(match, "no values satisfy the guard");
        if (domain == Domain::fast && !has_tame_values(rule, *match)) continue;
        const Expr left = value_of(rule.left, *match, pool),
                   right = value_of(rule.right, *match, pool);
        CAPTURE(name_of(type));
        REQUIRE_MESSAGE(agree(left, right, domain), text_of(rule, *match), ": ", text_of(left),
                        " but ", text_of(right));
      }
    }
  });
}

TEST_CASE("rules about integers are proven") {
  for_each_rule([&](const Rule& rule, Domain domain) {
    if (!needs_proof(rule, domain)) return;
    const Proof proof = prove_rule(rule, domain);
    CHECK_MESSAGE(proof.result == Proof::Result::proven, "counterexample or limit: ", proof.note);
    if (!proof.note.empty()) MESSAGE(rule.name, " is proven ", proof.note);
  });
}

TEST_CASE("rules can match") {
  Random random(2);
  for_each_rule([&](const Rule& rule, Domain domain) {
    bool matched = false;
    for (int i = 0; i < 500 && !matched; ++i) {
      Pool pool;
      const auto numbers = instance(rule, types_for(rule)[0], pool, random);
      REQUIRE(numbers);
      const Expr subject = with_ranges(rule, *numbers, pool, random);
      Bounds bounds;
      matched = Matcher(bounds).match(rule, domain, subject).has_value();
    }
    CHECK(matched);
  });
}

TEST_CASE("rules never make an expression cost more") {
  for_each_rule([&](const Rule& rule, Domain) {
    CHECK(cost_of(rule.right, depends_on_numbers_only) <=
          cost_of(rule.left, depends_on_numbers_only));
  });
}
