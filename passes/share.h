// Threads for a kernel: which of its loops they share, and how many of them pay. After scheduling
// and merging, before memory is planned; see ir/threads.h for what is legal.
#pragma once

#include "ir/program.h"

namespace tinycc {

/// Marks the loop, or two loops that are shared as one, whose turns divide best among the target's
/// threads, outer ones first. A kernel stays serial if its work is not worth waking a thread, or no
/// loop is parallel. One that a schedule has given thread loops already keeps those. On a device all
/// outermost loops that are parallel are marked; each of their turns is a work-item.
void share_among_threads(Kernel& kernel, const Target& target);

}  // namespace tinycc
