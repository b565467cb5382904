#pragma once

#include <pthread.h>

#include <csignal>

namespace talaria::delivery {

/// Keeps signals from the calling thread: they are the main thread's, and a SIGPIPE from a TLS
/// connection that broke is nobody's.
inline void block_signals() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

}  // namespace talaria::delivery
