// The tables behind rules_of(), one file each. `pool` owns the patterns.
#pragma once

#include "ir/rules.h"

namespace tinycc {

std::vector<Rule> integer_rules(Pool& pool);
std::vector<Rule> index_rules(Pool& pool);
std::vector<Rule> logic_rules(Pool& pool);
std::vector<Rule> floating_rules(Pool& pool);
std::vector<Rule> fast_rules(Pool& pool);

}  // namespace tinycc
