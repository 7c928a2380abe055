/**
 * The map of addresses to pages. Pages beside home and watch are loaded when they are first visited. The router's declarative half
 * suffices: data comes by TanStack Query, and the other half would be a tenth of what loads before the first picture.
 */
import { Suspense } from "react";
import { BrowserRouter, Route, Routes, useLocation } from "react-router";
import { Frame } from "./frame/frame";
import "./frame/moves";
import { lazily } from "./language/lazily";
import { useLanguage } from "./language/use-language";
import { Guarded, NotFound } from "./pages/failures";
import { Home } from "./pages/home";
import { Watch } from "./pages/watch";
import { MissingUnseen } from "./ui/missing";

const SignIn = lazily(async () => (await import("./pages/sign-in")).SignIn);
const Register = lazily(async () => (await import("./pages/sign-in")).Register);
const Dashboard = lazily(async () => (await import("./pages/dashboard/dashboard")).Dashboard);
const ChannelSettings = lazily(async () => (await import("./pages/channel/settings")).ChannelSettings);
const PastBroadcasts = lazily(async () => (await import("./pages/history/past-broadcasts")).PastBroadcasts);
const BroadcastCourse = lazily(async () => (await import("./pages/history/course")).BroadcastCourse);
const WebhooksPage = lazily(async () => (await import("./pages/webhooks/webhooks")).WebhooksPage);
const Browse = lazily(async () => (await import("./pages/browse/browse")).Browse);
const KeepCategories = lazily(async () => (await import("./pages/browse/keep-categories")).KeepCategories);
const Category = lazily(async () => (await import("./pages/browse/category")).Category);
const ObsGuide = lazily(async () => (await import("./pages/guide/obs")).ObsGuide);
const Moderation = lazily(async () => (await import("./pages/moderation/moderation")).Moderation);
const VerifyEmail = lazily(async () => (await import("./pages/account/verify-email")).VerifyEmail);
const ForgotPassword = lazily(async () => (await import("./pages/account/forgot-password")).ForgotPassword);
const ResetPassword = lazily(async () => (await import("./pages/account/reset-password")).ResetPassword);
const AccountSettings = lazily(async () => (await import("./pages/account/settings")).AccountSettings);
const NoticeSettings = lazily(async () => (await import("./pages/notices/settings")).NoticeSettings);
const FirstAdmin = lazily(async () => (await import("./pages/account/first-admin")).FirstAdmin);
const Mails = lazily(async () => (await import("./pages/account/mails")).Mails);
const RestoreAccount = lazily(async () => (await import("./pages/account/restore-account")).RestoreAccount);
const Admin = lazily(async () => (await import("./pages/admin/admin")).Admin);
const OwnReports = lazily(async () => (await import("./pages/reports/own-reports")).OwnReports);
const PlatformReports = lazily(
  async () => (await import("./pages/reports/platform-reports")).PlatformReports,
);
/** All that they say is in `first`. */
const Embed = lazily(async () => (await import("./pages/embed")).Embed, []);
const PopoutPlayer = lazily(async () => (await import("./pages/popout-player")).PopoutPlayer, []);
const Popout = lazily(async () => (await import("./pages/popout")).Popout);
const Overlay = lazily(
  async () => (await import("./pages/overlay/overlay")).Overlay,
  undefined,
  MissingUnseen,
);

export function App() {
  useLanguage();
  return (
    <BrowserRouter>
      <Pages />
    </BrowserRouter>
  );
}

function Pages() {
  const { pathname } = useLocation();
  return (
    <Guarded at={pathname} whole>
      <Suspense>
        <Routes>
          <Route element={<Frame />}>
            <Route path="/" element={<Home />} />
            <Route path="/login" element={<SignIn />} />
            <Route path="/register" element={<Register />} />
            <Route path="/dashboard" element={<Dashboard />} />
            <Route path="/dashboard/channel" element={<ChannelSettings />} />
            <Route path="/dashboard/broadcasts" element={<PastBroadcasts />} />
            <Route path="/dashboard/broadcasts/:id" element={<BroadcastCourse />} />
            <Route path="/dashboard/webhooks" element={<WebhooksPage />} />
            <Route path="/browse" element={<Browse />} />
            <Route path="/category/:slug" element={<Category />} />
            <Route path="/guide/obs" element={<ObsGuide />} />
            <Route path="/moderation/:username" element={<Moderation />} />
            <Route path="/verify-email" element={<VerifyEmail />} />
            <Route path="/forgot-password" element={<ForgotPassword />} />
            <Route path="/reset-password" element={<ResetPassword />} />
            <Route path="/settings/account" element={<AccountSettings />} />
            <Route path="/settings/notices" element={<NoticeSettings />} />
            <Route path="/first-admin" element={<FirstAdmin />} />
            <Route path="/admin/categories" element={<KeepCategories />} />
            <Route path="/restore-account" element={<RestoreAccount />} />
            <Route path="/admin" element={<Admin />} />
            <Route path="/admin/mails" element={<Mails />} />
            <Route path="/account/reports" element={<OwnReports />} />
            <Route path="/staff/reports" element={<PlatformReports />} />
            <Route path="/:username" element={<Watch />} />
            <Route path="*" element={<NotFound />} />
          </Route>
          <Route path="/embed/:username" element={<Embed />} />
          <Route path="/popout/:username/chat" element={<Popout />} />
          <Route path="/popout/:username/player" element={<PopoutPlayer />} />
          <Route path="/overlay/:username/chat" element={<Overlay />} />
        </Routes>
      </Suspense>
    </Guarded>
  );
}
