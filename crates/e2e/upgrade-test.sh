#!/usr/bin/env bash
# An upgrade under load: a platform starts by the program of an earlier release, and each of its instances is replaced by this tree's while a
# broadcast, viewers, a room that talks and calls of the API go on (tests/rolling.rs). Both versions are side by side until the last one is.
#   crates/e2e/upgrade-test.sh [TAG-OR-COMMIT]
# Default: the newest tag before this commit. The earlier program is built once, in a work tree of its own, and kept in
# target/previous/COMMIT/. A first run builds two versions of the services: a quarter of an hour on two cores. Ends with the test's status; 64: there is no such release.
set -euo pipefail
cd "$(dirname "$0")/../.."

wanted=${1:-$(git describe --tags --abbrev=0 HEAD^ 2>/dev/null || true)}
if [ -z "$wanted" ]; then
  echo "there is no tag before this commit: name the earlier version, a tag or a commit" >&2
  exit 64
fi
if ! commit=$(git rev-parse --verify --quiet "$wanted^{commit}"); then
  echo "$wanted is neither a tag nor a commit of this repository (in a shallow clone: git fetch --tags --unshallow)" >&2
  exit 64
fi
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
export CARGO_TARGET_DIR=$target
previous=$target/previous/$commit
tree=$previous/tree

if [ ! -x "$previous/streamly" ]; then
  echo "Building $wanted (${commit:0:12}) …"
  mkdir -p "$previous"
  # What a run left that was killed.
  git worktree remove --force "$tree" 2>/dev/null || rm -rf "$tree"
  git worktree prune
  git worktree add --force --detach "$tree" "$commit" >/dev/null
  trap 'git worktree remove --force "$tree" 2>/dev/null || true' EXIT
  # In the same target folder: what both versions depend on is compiled once. The browser app is not asked for.
  (cd "$tree" && cargo build --locked --package streamly)
  cp "$target/debug/streamly" "$previous/streamly.new"
  mv "$previous/streamly.new" "$previous/streamly"
fi
echo "Building this tree …"
cargo build --locked --package streamly
if cmp -s "$target/debug/streamly" "$previous/streamly"; then
  echo "note: this tree's program is the same as that of $wanted" >&2
fi
STREAMLY_E2E_PREVIOUS=$previous cargo test --locked --package streamly-e2e --test rolling -- --nocapture
