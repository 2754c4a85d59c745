// Random instances of rewrite rules: values for the variables that satisfy the guard.
#pragma once

#include <optional>

#include "ir/match.h"
#include "tests/unit/scalars.h"

namespace tinycc::scalars {

/// The variables of a rule, in order of their names.
std::vector<Expr> variables_of(const Rule& rule);
bool depends_on_numbers_only(Expr pattern);
/// Types that the rule's kind of type stands for; one that means nothing when it has no kind.
std::vector<DType> types_for(const Rule& rule);

/// Constants for all variables such that the guard holds; nothing when none was found in a while.
std::optional<Match> instance(const Rule& rule, DType type, Pool& pool, Random& random);
/// A pattern's value in an instance.
Expr value_of(Expr pattern, const Match& match, Pool& pool);
/// "c=3 x=-7".
std::string text_of(const Rule& rule, const Match& match);

}  // namespace tinycc::scalars
