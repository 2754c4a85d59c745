// A program that can be run and timed: emitted, compiled, with memory for its arguments. In this
// process, which is the child of a trial, on a device that it reaches by OpenCL, or on another machine,
// through a command that runs programs there. Lives in the child.
#pragma once

#include <functional>

#include "compiler/tune/trial.h"
#include "emitters/source.h"

namespace tinycc {

class Running {
 public:
  virtual ~Running() = default;
  /// Runs it once, on arguments that are the same for each program with these parameters.
  virtual void run() = 0;
  /// Compares what that gave with `expected`; "" or what differs.
  virtual std::string difference(const SharedBytes& expected) = 0;
  virtual void store(SharedBytes& results) = 0;
  virtual Reading time(double seconds, double limit_us) = 0;
};

/// The reading of about `seconds` of calls, one clock reading for each `sample_us` of them; of one call
/// where that takes longer than `limit_us`. calls(n): microseconds of one of n calls.
Reading reading_of(const std::function<double(size_t)>& calls, double seconds, double limit_us,
                   double sample_us);

std::unique_ptr<Running> run_here(const Program& program, const Subject& subject);
/// The kernels' own time counts, by the device's clock.
std::unique_ptr<Running> run_on_device(const Program& program, const Subject& subject);
/// `runner`'s last argument is the path of an executable, and it hands on what follows.
std::unique_ptr<Running> run_elsewhere(const Program& program, const Subject& subject);

/// LLVM's model of the CPU instead of a run; results are not compared.
std::unique_ptr<Running> run_modelled(const Program& program);
/// No runner, and not the kind of machine that we run on.
bool is_modelled(const Target& target, const std::string& runner);

/// The library of a program, and of the stub what it stands on; its weights as a file, but of a device.
std::vector<SourceFile> library_of(const Program& program, bool linked);

constexpr size_t kSums = 16;        // that stand for an output which lies elsewhere
constexpr double kRelative = 1e-4;  // to the largest magnitude of an output

}  // namespace tinycc
