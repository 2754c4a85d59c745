// See cycles.h.
#include <map>
#include <string>
#include <vector>

#include "compiler/machine/cycles.h"

#include "compiler/machine/module.h"
#include "compiler/tune/subject.h"
#include "emitters/names.h"

namespace tinycc {

std::map<std::string, Cycles> estimated_cycles(std::span<const SourceFile> files,
                                               const std::vector<std::string>& functions,
                                               const Target& target) {
  std::map<std::string, Cycles> all;
  for (const SourceFile& f : files) {
    if (!is_unit(f)) continue;
    const MachineCode code = machine_code(f.name, files, functions, target);
    const std::optional<std::vector<BlockCost>> costs = analyse(code);
    if (!costs) return {};
    for (size_t i = 0; i < costs->size(); ++i) {
      const Block& b = code.blocks[i];
      const BlockCost& cost = (*costs)[i];
      Cycles& c = all[b.function];
      c.cycles += b.count * cost.cycles;
      c.instructions += b.count * static_cast<double>(cost.instructions);
      c.bounded &= b.counted;
      c.unknown += cost.unknown;
    }
  }
  return all;
}

bool has_cpu_model(const Target& target) {
  const SourceFile one{"one.c", "void one(void); void one(void) {}", Role::library};
  return target.language == "c" && !estimated_cycles({&one, 1}, {"one"}, target).empty();
}

std::vector<Cycles> estimated_cycles(const Program& program) {
  const Names names(program);
  std::vector<std::string> functions;
  for (size_t k = 0; k < program.kernels.size(); ++k) functions.push_back(names.kernel(k));
  const std::map<std::string, Cycles> found =
      estimated_cycles(library_of(program, false), functions, program.target);
  std::vector<Cycles> all;
  for (const std::string& f : functions) {
    const auto at = found.find(f);
    if (found.empty()) return {};
    all.push_back(at == found.end() ? Cycles{} : at->second);
  }
  return all;
}

}  // namespace tinycc
