// What a machine has: a plain record that schedules and emitters read. Boards are data
// (compiler/targets/*.yaml), so that a user adds one without rebuilding tinycc.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tinycc {

/// What to spend memory or time on.
enum class Prefer : uint8_t { speed, ram, size };

/// Instructions that add products of bytes to sums: those of Arm's DSP extension, of its vector extension for
/// microcontrollers; four to each lane of a vector (Arm's SDOT, of signed bytes; x86's VNNI, of unsigned by
/// signed ones), or two (Arm's SMULL and SADALP, of signed ones), or eight (Arm's SMMLA: of two rows by two
/// columns); or of 16 bits, one to each lane of 32 (RISC-V's VWMACC).
enum class Dot : uint8_t { none, smlad, mve, sdot, i8mm, vnni, smull, vwmacc };

/// A memory that a part of the arena lies in.
struct Bank {
  std::string name;   // a letter, then letters and digits; all small
  int64_t size = 0;   // bytes that there are
  int64_t bytes = 0;  // that are used
};

struct Target {
  std::string language = "c";       // c, opencl
  std::string dialect = "gnu";      // iso: C99; gnu: GNU C vector types; of a device: its language
  std::string cpu = "generic";      // as asked for: the CPU, or the GPU
  std::string resolved;             // what cpu=native turned out to be; else equal to cpu
  std::vector<std::string> cflags;  // what the C compiler should be told: -march=…
  std::string triple = "x86_64-linux-gnu";
  std::string arch;  // of cuda and hip: what their compilers are told, "sm_80"; may be empty
  int64_t vector_bytes = 16;  // widest register; 0: none
  int64_t registers = 16;     // of that width
  int64_t l1_bytes = 32768, l2_bytes = 262144;
  bool fma = false;
  Dot dot = Dot::none;
  int64_t threads = 1;
  int64_t thread_ns = 2000;  // about so much work of a kernel is worth another thread
  bool half = false;         // of a device: larger tensors lie in memory as f16,
  bool brain = false;        // or, then, as bf16
  bool tf32 = false;         // matrices of floats are rounded to ten bits behind the point
  bool images = false;       // of OpenCL: tensors that are reached by fours lie in images of texels
  int64_t image_side = 16384, image_pitch = 64;  // longest side, and what rows are rounded up to
  int64_t group = 64;                            // work-items that a device starts together
  int64_t units = 1;                             // of a device: what work-groups are spread over
  int64_t shared_bytes = 0;  // memory that the items of a group share; 0: kernels use none
  bool panels = true;  // do operands of products go through it? else only blocks between kernels
  std::string matrix;  // how warps, or items, multiply matrices (groups.h); empty: not at all
  Prefer prefer = Prefer::speed;
  int64_t ram = 0;  // bytes that the arena may take, whatever time that costs; 0: as it comes
  std::vector<Bank>
      memories;           // where the arena may lie, fastest first; empty: one memory of any size
  bool provable = false;  // loops end at constants, padding has memory; notes for provers
  // What predicted times and roofs are made of (roof.h); emitted code does not depend on it.
  int64_t clock_mhz = 2500;
  double madd_cycles = 1;       // between two multiply-adds of a whole vector, in each core
  int64_t memory_mbps = 10000;  // that one core reads from beyond its caches

  /// Do kernels run on a device of its own, as many work-items, each a turn of their thread loops?
  bool is_device() const { return language != "c"; }
  bool has_vectors() const { return dialect != "iso"; }
  /// How many products of bytes an instruction adds to each lane of a vector at once; 0: not so.
  int64_t terms_a_lane() const {
    if (is_device() || !has_vectors()) return 0;
    const bool four = dot == Dot::sdot || dot == Dot::i8mm || dot == Dot::vnni;
    return four ? 4 : dot == Dot::smull ? 2 : 0;
  }
  /// The same where two rows of sums lie together; 0: they gain nothing.
  int64_t terms_of_row_pairs() const { return dot == Dot::i8mm ? 2 * terms_a_lane() : 0; }
  bool sums_quads() const { return terms_a_lane() > 0; }
  /// Are they made by vectors of sums that take two registers each, with factors of 16 bits?
  bool sums_wide() const { return dot == Dot::vwmacc && !is_device() && has_vectors(); }
  /// Do kernels of many products run as groups that share tiles?
  bool has_groups() const { return shares_memory() && panels; }
  /// Can a block of what one kernel hands to the next stay with a group?
  bool shares_blocks() const { return shares_memory() && !panels; }
  bool shares_memory() const { return is_device() && shared_bytes > 0; }
  /// Do they multiply matrices, in this language?
  bool has_matrices() const {
    if (language == "opencl") return matrix == "dot";
    return !matrix.empty() && (language == "metal") == (matrix == "simdgroup");
  }
  /// What rounding tensors to halves, or operands to tf32, may change of the largest element of a result,
  /// about: 2 %, with three bits less 10 %.
  double error_of_rounding() const { return half && brain ? 0.1 : 0.02; }
  /// Does padding lie in memory, as a frame around the tensor?
  bool has_frames() const { return prefer == Prefer::speed || provable; }
  /// Has it instructions of x86 for what GCC makes of bytes step by step?
  bool widens_bytes() const {
    return triple.starts_with("x86_64") && !is_device() && has_vectors() &&
           (dot == Dot::none || dot == Dot::vnni);
  }
  /// No vectors at all: tiles hold scalars.
  bool is_scalar() const { return vector_bytes == 0 && !is_device(); }
  int64_t lanes() const { return vector_bytes >= 8 ? vector_bytes / 4 : 1; }  // of 32 bits
};

}  // namespace tinycc
