// Reads the text form of the IR; print.h describes it. Types and shapes are inferred by the
// builders. Errors: Error(bad_input) with the place and what is wrong there.
#pragma once

#include "ir/graph.h"
#include "ir/program.h"

namespace tinycc {

/// `file` is for messages. States start at zero; weights have names and types, but no values.
Graph parse_graph(std::string_view text, const std::string& file = "");
Kernel parse_kernel(Pool& pool, std::string_view text, const std::string& file = "");
/// The program's target is the default one; weights have no values.
Program parse_program(std::string_view text, const std::string& file = "");

}  // namespace tinycc
