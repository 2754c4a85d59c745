// The tables, built once; their patterns live in pools of their own. See rules.h.
#include "ir/rules.h"

#include <array>

#include "ir/rules_tables.h"

namespace tinycc {
namespace {

struct Table {
  std::string_view name;
  std::vector<Rule> (*make)(Pool&);
};

const Table& table_of(Domain domain) {
  static constexpr Table kTables[] = {{"integer", integer_rules},
                                      {"index", index_rules},
                                      {"logic", logic_rules},
                                      {"floating", floating_rules},
                                      {"fast", fast_rules}};
  return kTables[static_cast<size_t>(domain)];
}

}  // namespace

std::string_view name_of(Domain domain) { return table_of(domain).name; }

const std::vector<Rule>& rules_of(Domain domain) {
  static Pool pool;
  static const auto tables = [] {
    std::array<std::vector<Rule>, std::size(kDomains)> all;
    for (const Domain d : kDomains) all.at(static_cast<size_t>(d)) = table_of(d).make(pool);
    return all;
  }();
  return tables.at(static_cast<size_t>(domain));
}

}  // namespace tinycc
