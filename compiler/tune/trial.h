// One candidate in a process of its own: emitted, compiled and run there, so that a crash or an
// endless loop is a rejection and no more. In: how to make its program. Out: whether its results are
// those of the reference, and how long a call takes.
#pragma once

#include <sched.h>
#include <sys/types.h>

#include <functional>
#include <string>

#include "ir/program.h"

namespace tinycc {

/// The processors that we may use: one for timing alone, the others (or the same) for compiling.
struct Cores {
  Cores();
  void use_for_timing() const;
  void use_for_compiling() const;

  int64_t count = 1;

 private:
  cpu_set_t timing_, compiling_;
};

/// Memory that a parent shares with its children: the outputs that the reference computed.
class SharedBytes {
 public:
  explicit SharedBytes(size_t size);
  ~SharedBytes();
  SharedBytes(const SharedBytes&) = delete;
  SharedBytes& operator=(const SharedBytes&) = delete;

  char* data = nullptr;
  size_t size = 0;
};

struct Subject {
  std::function<Program()> program;  // called in the child; may throw an Error: a rejection
  std::string cc;                    // see compile_native()
  std::string runner;  // the command that runs executables on another machine; empty: here
  std::string folder;  // for files of the trial's own, in a folder beneath; see Scratch
  SharedBytes* results = nullptr;  // what outputs are compared with; null: they are not looked at
  bool is_reference = false;       // it writes `results` instead
};

struct Reading {
  bool ok = false;
  double us = 0;      // median of one call
  double spread = 0;  // distance of the quartiles, relative to the median
  std::string why;    // not ok: what is wrong
};

class Trial {
 public:
  /// Starts the child, which compiles at once.
  Trial(const Subject& subject, const Cores& cores);
  ~Trial();
  Trial(const Trial&) = delete;
  Trial& operator=(const Trial&) = delete;

  /// Waits until it is compiled and its results are compared.
  const Reading& ready(double limit_s);
  /// Times calls for about `seconds`; fewer of them when one takes longer than `limit_us`.
  Reading time(double seconds, double limit_us);

 private:
  Reading answer(double limit_s);

  static int64_t count_;

  pid_t child_ = -1;
  int commands_ = -1, answers_ = -1;
  std::string folder_;  // of files
  bool answered_ = false;
  Reading ready_;
};

/// In turns, a little each time, so that what slows the machine slows both: their times when it is
/// least disturbed (lower quartiles of the medians), as a ratio; 0 if one of them fails.
double ratio_of(Trial& best, Trial& challenger, int turns);

/// Set by Ctrl-C, after stop_on_interrupt(): searching ends, what was found is kept.
bool interrupted();
void stop_on_interrupt();

/// What a reference of this program stores at most: its outputs as they lie in memory, or sums.
size_t result_bytes(const Program& program);

}  // namespace tinycc
