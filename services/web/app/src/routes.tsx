/** The map of addresses to pages. Pages beside home and watch are loaded when they are first visited. */
import { createBrowserRouter } from "react-router";
import { Frame, type FrameHandle } from "./frame/frame";
import { Crashed, NotFound } from "./pages/failures";
import { Home } from "./pages/home";
import { Watch } from "./pages/watch";

const handle = (rail: FrameHandle["rail"]): FrameHandle => ({ rail });

export const router = createBrowserRouter([
  {
    Component: Frame,
    ErrorBoundary: Crashed,
    HydrateFallback: () => null,
    children: [
      { path: "/", Component: Home, handle: handle("open") },
      {
        path: "/login",
        handle: handle("none"),
        lazy: async () => ({ Component: (await import("./pages/sign-in")).SignIn }),
      },
      {
        path: "/register",
        handle: handle("none"),
        lazy: async () => ({ Component: (await import("./pages/sign-in")).Register }),
      },
      {
        path: "/dashboard",
        handle: handle("folded"),
        lazy: async () => ({ Component: (await import("./pages/dashboard/dashboard")).Dashboard }),
      },
      { path: "/:username", Component: Watch, handle: handle("folded") },
      { path: "*", Component: NotFound, handle: handle("open") },
    ],
  },
  {
    path: "/embed/:username",
    ErrorBoundary: Crashed,
    HydrateFallback: () => null,
    lazy: async () => ({ Component: (await import("./pages/embed")).Embed }),
  },
]);
