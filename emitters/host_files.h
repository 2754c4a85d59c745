// The files that emit_host puts together, one function each, and what they share. Internal to the
// host emitter.
#pragma once

#include "emitters/host.h"
#include "emitters/text.h"

namespace tinycc {

std::string header_file(const HostInputs& host);               // NAME.h
std::vector<SourceFile> model_files(const HostInputs& host);   // NAME.c, NAME_kernels_N.c …
std::vector<SourceFile> weight_files(const HostInputs& host);  // NAME_weights.h, .c, …
std::string cli_file(const HostInputs& host);                  // NAME_cli.c
std::string test_file(const HostInputs& host);                 // NAME_test.c
std::string bench_file(const HostInputs& host);                // NAME_bench.c
std::string proof_file(const HostInputs& host);                // NAME_proof.c
/// Makefile, CMakeLists.txt, NAME.tinycc.d; `sources`: all files that were made before.
std::vector<SourceFile> build_files(const HostInputs& host, std::span<const SourceFile> sources);

/// NAME.tinycc.d
SourceFile depfile(const HostInputs& host);
/// What templates of a front name besides: who runs for it.
TextValues front_values(const HostInputs& host);

/// A weights file starts with a mark of so many bytes: what the file is, a hash of the rest, whose.
inline constexpr size_t kWeightsMarkBytes = 64;
/// Alignment of the struct NAME_weights.
int64_t weights_align(const Names& names);
/// NAME_weights.bin, byte by byte as the struct NAME_weights lies in memory.
std::string weights_binary(const Names& names);

/// What holds the network at run time: the caller's "arena", or the "device".
std::string context_word(const HostInputs& host);
/// True when states are the caller's, not a device's.
bool host_state(const Program& program);
/// Are there dimensions, or numbers that decide them, which have to be within bounds?
bool has_limits(const Program& program);
/// What templates of every file may name: name, NAME, source, state (the parameter), …
TextValues common_values(const HostInputs& host);

// ---- facts about the program -----------------------------------------------------------------

/// Tensors that lie shifted over each other a kernel names in the arena, which is then its first
/// parameter: the parts of it, by memory.
std::set<size_t> arenas_of(const Names& names, size_t kernel);
/// Where the host finds such a part: "arena", of several "arena->tcm".
std::string arena_pointer(const Names& names, size_t memory);
/// "arena->h1", "arena->h2.tensor"; of several memories the host's "arena->tcm->h1", a kernel's
/// "arena_tcm->h1".
std::string arena_place(const Names& names, int64_t buffer, bool of_host);
/// A part of the arena as texts name it.
struct ArenaPart {
  size_t memory;
  std::string name;     // "arena", "arena_tcm": how its type ends, and an object of that
  std::string member;   // "", "tcm": of the struct of pointers, if there are several
  std::string macro;    // "NET_ARENA", "NET_ARENA_TCM"
  std::string section;  // behind the object's name: "", " NET_ARENA_TCM_SECTION"
  int64_t bytes;        // at least 1, rounded up to the alignment
};
std::vector<ArenaPart> arena_parts(const Names& names);
/// "net_arena", "const net_arena" where it is pointers to its parts, "net_device".
std::string context_type(const HostInputs& host);
/// "net_arena *arena", "net_device *device".
std::string context_parameter(const HostInputs& host);
/// The caller's objects for it, declarations.
std::vector<std::string> context_objects(const HostInputs& host);
/// A buffer as an argument of a kernel within run and step: "&arena->h1", "inputs->image", "probs".
std::string argument_text(const Names& names, int64_t buffer);
/// The value of a scalar buffer there: "arena->done.at[0]".
std::string scalar_text(const Names& names, int64_t buffer);
/// "8-byte types must lie at multiples of 8": the largest natural alignment in the arena, or what
/// the plan asks for where the dialect can say so.
int64_t arena_align(const Program& program);
int64_t state_bytes(const Program& program);
int64_t weight_bytes(const Program& program);
/// True when the buffer's dtype needs <stdint.h>.
bool needs_stdint(DType dtype);
/// True when some kernel is split for threads.
bool is_parallel(const HostInputs& host);
/// As many threads as some kernel can use.
int64_t most_parts(const Program& program);
/// The number of values of a port, and "f32[1,10]".
const Buffer& buffer_of(const Program& program, int64_t id);
std::string port_type(const Program& program, const Port& port);
/// One axis of it: "3", "seq<=512", "<=100".
std::string axis_text(const Program& program, const Port& port, size_t axis);
/// Where run and step find the symbolic dimensions, by the id of the range: "inputs->seq".
std::map<int64_t, std::string> dim_places(const Names& names);

/// The plan of the arena, lines of a comment: which step reads and writes which tensor, and where.
std::string plan_text(const Names& names, size_t memory);
/// The same as members of a union, each tensor at its offset.
std::string arena_members(const Names& names, size_t memory);

/// "typedef struct { float at[3][4]; } TYPE;": what kernels and host call a buffer's memory.
std::string struct_text(const Buffer& b, const std::string& type);

/// Who reads and writes a buffer, by top-level step.
struct Uses {
  std::vector<bool> reads, writes;
};
std::map<int64_t, Uses> uses_of(const Program& program);
/// Work of one top-level step: its kernels' sums, loops counted by their bound.
struct Work {
  std::string name;  // of the kernel, or "loop of 10" …
  int64_t flops = 0, bytes_read = 0, bytes_written = 0;
  double predicted_us = 0;
};
Work work_of(const Names& names, const Step& step);

}  // namespace tinycc
