#pragma once

#include <pthread.h>

#include <csignal>

namespace talaria::delivery {

/// To be called first on a thread of the engine's own.
///
/// Keeps signals from it: they are the main thread's, and a SIGPIPE from a TLS connection that
/// broke is nobody's.
///
/// @param name Shown by the tools of the system; at most 15 bytes.
inline void set_up_own_thread(const char* name) {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
  pthread_setname_np(pthread_self(), name);
}

}  // namespace talaria::delivery
