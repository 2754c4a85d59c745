// Candidates for a machine that is not at hand: nothing runs, LLVM's model of the CPU tells the time.
// Results cannot be compared; moves keep what a kernel computes, which verifier and tests hold.
#include <memory>
#include <vector>

#include "compiler/machine/cycles.h"
#include "compiler/tune/subject.h"

namespace tinycc {
namespace {

double cycles_of(const std::vector<Step>& steps, const std::vector<Cycles>& kernels) {
  double sum = 0;
  for (const Step& s : steps) {
    const double body = cycles_of(s.body, kernels);
    sum += s.kind == Step::Kind::repeat ? static_cast<double>(extent_of(s.range)) * body : body;
    if (s.kind == Step::Kind::call) sum += kernels[s.kernel].cycles;
  }
  return sum;
}

class Modelled : public Running {
 public:
  explicit Modelled(const Program& program) {
    const std::vector<Cycles> kernels = estimated_cycles(program);
    if (kernels.empty()) throw Error(ExitCode::unsupported, "no model of this CPU");
    us_ = cycles_of(program.steps, kernels) / static_cast<double>(program.target.clock_mhz);
  }

  void run() override {}
  std::string difference(const SharedBytes&) override { return ""; }
  void store(SharedBytes&) override {}
  Reading time(double, double) override { return {true, us_, 0, ""}; }

 private:
  double us_ = 0;
};

}  // namespace

std::unique_ptr<Running> run_modelled(const Program& program) {
  return std::make_unique<Modelled>(program);
}

}  // namespace tinycc
