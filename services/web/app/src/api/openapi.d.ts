/**
 * The platform's calls and the shapes of its answers. Made from its OpenAPI document by `npm run types -- ORIGIN`; not to be changed by hand.
 */
export interface paths {
    "/.well-known/jwks.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["KeySet"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: {
                    act?: string;
                    actor?: string;
                    cursor?: string;
                    subject?: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["AuditPage"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/broadcasts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: {
                    cursor?: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["OnAirPage"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/browser-errors": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: {
                    cursor?: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["BrowserErrorPage"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/browser-errors/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/categories": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: {
                    cursor?: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ActList"];
                    };
                };
            };
        };
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["NewCategory"];
                };
            };
            responses: {
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ShownCategory"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/categories/{slug}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    slug: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        options?: never;
        head?: never;
        patch: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    slug: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["CategoryEdit"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ShownCategory"];
                    };
                };
            };
        };
        trace?: never;
    };
    "/api/admin/categories/{slug}/merge": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    slug: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["Merge"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ShownCategory"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/categories/{slug}/picture": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    slug: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "image/*": number[];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ShownCategory"];
                    };
                };
            };
        };
        post?: never;
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    slug: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ShownCategory"];
                    };
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/first": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["First"];
                    };
                };
            };
        };
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["FirstToken"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Me"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/invitations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: {
                    cursor?: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["InvitationPage"];
                    };
                };
            };
        };
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["Invite"];
                };
            };
            responses: {
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["InvitationItem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/invitations/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/limits/chat": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["SettingList"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/limits/ingest": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["NodeSettingList"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/limits/stream": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["SettingList"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/limits/user": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["SettingList"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/limits/web": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["SettingList"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/mails": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: {
                    cursor?: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["MailPage"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/mails/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["MailItem"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/nodes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["NodeList"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/signing-keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["SigningKeys"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/users": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: {
                    cursor?: string;
                    only?: string;
                    q?: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["AccountPage"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/users/{id}/role": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["NewRole"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["StaffAccount"];
                    };
                };
            };
        };
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/users/{id}/second-factor": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["FactorReset"];
                };
            };
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/users/{id}/suspension": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["Suspension"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["StaffAccount"];
                    };
                };
            };
        };
        post?: never;
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: {
                content: {
                    "application/json": components["schemas"]["Lifting"] | null;
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["StaffAccount"];
                    };
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/email/verification": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                202: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/email/verify": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["Link"];
                };
            };
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/login": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["Login"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["SignedIn"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/logout": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/mail": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["MailWay"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Me"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Closed"];
                    };
                };
            };
        };
        options?: never;
        head?: never;
        patch: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["MeEdit"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Me"];
                    };
                };
            };
        };
        trace?: never;
    };
    "/api/auth/me/email": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["Address"];
                };
            };
            responses: {
                202: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/me/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": unknown;
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/me/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["Password"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["SignedIn"];
                    };
                };
            };
        };
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/mfa": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["Mfa"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["SignedIn"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/openapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": unknown;
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/passkeys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Passkeys"];
                    };
                };
            };
        };
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["NewPasskey"];
                };
            };
            responses: {
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["AddedPasskey"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/passkeys/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        options?: never;
        head?: never;
        patch: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["PasskeyName"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Passkey"];
                    };
                };
            };
        };
        trace?: never;
    };
    "/api/auth/passkeys/challenge": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["PasskeyOptions"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/passkeys/options": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["PasskeyOptions"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/passkeys/sign-in": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["PasskeyAnswer"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["SignedIn"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/password/forgot": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["Address"];
                };
            };
            responses: {
                202: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/password/reset": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["Reset"];
                };
            };
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/reauth": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["Reauth"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["SignedIn"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/recovery-codes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["RecoveryCodes"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/refresh": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["SignedIn"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/register": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["Register"];
                };
            };
            responses: {
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["SignedIn"];
                    };
                };
                202: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/restore": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["Link"];
                };
            };
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/second-factor": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["SecondFactor"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Sessions"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/sessions/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/totp": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Totp"];
                    };
                };
            };
        };
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/totp/confirm": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["TotpCode"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["RecoveryCodes"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/browser-errors": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["Told"];
                };
            };
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/categories": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["CategoryList"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/categories/{slug}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    slug: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ShownCategory"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/chat/blocks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["BlockPage"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/chat/blocks/{user}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    user: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        post?: never;
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    user: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/chat/emotes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Emotes"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/chat/emotes/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "image/png": number[];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/chat/images/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "image/jpeg": number[];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/chat/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["ChatMe"];
                };
            };
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/chat/reports": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: {
                    cursor?: string;
                    limit?: number;
                    mine?: string;
                    state?: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ReportPage"];
                    };
                };
            };
        };
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["NewReport"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ChatReport"];
                    };
                };
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ChatReport"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/chat/reports/{id}/image": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "image/jpeg": number[];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/chat/reports/{id}/resolve": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["Resolution"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ChatReport"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/chat/rooms/{room}/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: {
                    cursor?: string;
                };
                header?: never;
                path: {
                    room: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["RoomAuditPage"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/chat/rooms/{room}/audit/{id}/undo": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                    room: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ChatAct"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/chat/rooms/{room}/bans": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: {
                    cursor?: string;
                };
                header?: never;
                path: {
                    room: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["BanPage"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/chat/rooms/{room}/bans/{user}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    room: string;
                    user: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["NewBan"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["MadeBan"];
                    };
                };
            };
        };
        post?: never;
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    room: string;
                    user: string;
                };
                cookie?: never;
            };
            requestBody?: {
                content: {
                    "application/json": components["schemas"]["Lift"] | null;
                };
            };
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/chat/rooms/{room}/bots": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    room: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["BotPage"];
                    };
                };
            };
        };
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    room: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["NewBot"];
                };
            };
            responses: {
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["IssuedBot"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/chat/rooms/{room}/bots/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                    room: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/chat/rooms/{room}/emotes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    room: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Emotes"];
                    };
                };
            };
        };
        put?: never;
        post: {
            parameters: {
                query: {
                    name: string;
                };
                header?: never;
                path: {
                    room: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "image/*": number[];
                };
            };
            responses: {
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Emote"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/chat/rooms/{room}/emotes/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    name: string;
                    room: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/chat/rooms/{room}/holds": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: {
                    cursor?: string;
                    limit?: number;
                    mine?: string;
                };
                header?: never;
                path: {
                    room: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["HoldPage"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/chat/rooms/{room}/holds/{id}/approve": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                    room: string;
                };
                cookie?: never;
            };
            requestBody?: {
                content: {
                    "application/json": components["schemas"]["Reasoned"] | null;
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["HoldVerdict"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/chat/rooms/{room}/holds/{id}/deny": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                    room: string;
                };
                cookie?: never;
            };
            requestBody?: {
                content: {
                    "application/json": components["schemas"]["Reasoned"] | null;
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["HoldVerdict"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/chat/rooms/{room}/images": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    room: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "image/*": number[];
                };
            };
            responses: {
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Image"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/chat/rooms/{room}/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    room: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["RoomStanding"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/chat/rooms/{room}/messages": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: {
                    before?: string;
                    limit?: number;
                };
                header?: never;
                path: {
                    room: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["MessagePage"];
                    };
                };
            };
        };
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    room: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["NewMessage"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["SaidOrDone"];
                    };
                };
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ChatMessage"];
                    };
                };
                202: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Waits"];
                    };
                };
            };
        };
        delete: {
            parameters: {
                query?: {
                    all?: boolean;
                    user?: string;
                };
                header?: never;
                path: {
                    room: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/chat/rooms/{room}/messages/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                    room: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/chat/rooms/{room}/people": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: {
                    cursor?: string;
                };
                header?: never;
                path: {
                    room: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["PeoplePage"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/chat/rooms/{room}/pin": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    room: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["NewPin"];
                };
            };
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        post?: never;
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    room: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/chat/rooms/{room}/polls": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: {
                    cursor?: string;
                    limit?: number;
                };
                header?: never;
                path: {
                    room: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["PollPage"];
                    };
                };
            };
        };
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    room: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["NewPoll"];
                };
            };
            responses: {
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ChatPoll"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/chat/rooms/{room}/polls/{id}/close": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                    room: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["PollEnd"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ChatPoll"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/chat/rooms/{room}/polls/{id}/vote": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                    room: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["Vote"];
                };
            };
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/chat/rooms/{room}/record": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query: {
                    after?: string;
                    broadcast: string;
                    from_ms?: number;
                    limit?: number;
                    to_ms?: number;
                };
                header?: never;
                path: {
                    room: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["RecordPage"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/chat/rooms/{room}/reports": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: {
                    cursor?: string;
                    limit?: number;
                    state?: string;
                };
                header?: never;
                path: {
                    room: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ReportPage"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/chat/rooms/{room}/settings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    room: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["RoomSettings"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    room: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": Record<string, unknown>;
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["RoomSettings"];
                    };
                };
            };
        };
        trace?: never;
    };
    "/api/chat/rooms/{room}/terms": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    room: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["TermPage"];
                    };
                };
            };
        };
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    room: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["NewTerm"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["AddedTerm"];
                    };
                };
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["AddedTerm"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/chat/rooms/{room}/terms/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                    room: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/chat/rooms/{room}/unban-requests": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: {
                    cursor?: string;
                    limit?: number;
                    mine?: string;
                    state?: string;
                };
                header?: never;
                path: {
                    room: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["UnbanRequestPage"];
                    };
                };
            };
        };
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    room: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["NewRequest"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["UnbanRequest"];
                    };
                };
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["UnbanRequest"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/chat/rooms/{room}/unban-requests/{id}/resolve": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                    room: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["RequestVerdict"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["UnbanRequest"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/chat/rooms/{room}/users/{user}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    room: string;
                    user: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ChatCard"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query: {
                    topics: string;
                };
                header?: {
                    "X-Playback-Token"?: string | null;
                };
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "text/event-stream": unknown;
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/pictures/{file}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    file: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "image/webp": number[];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/streams": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: {
                    category?: string;
                    cursor?: string;
                    language?: string;
                    limit?: number;
                    live?: boolean;
                    q?: string;
                    tag?: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["StreamPage"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/streams/{username}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    username: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Stream"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/streams/{username}/about": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    username: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["About"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/streams/{username}/broadcasts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: {
                    cursor?: string;
                    limit?: number;
                };
                header?: never;
                path: {
                    username: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ShownPage"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/streams/{username}/card": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    username: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Card"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/streams/{username}/follow": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    username: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Following"];
                    };
                };
            };
        };
        put: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    username: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        post?: never;
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    username: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/streams/{username}/markers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: {
                    broadcast_id?: string;
                };
                header?: never;
                path: {
                    username: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["MarkerList"];
                    };
                };
            };
        };
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    username: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["NewMarker"];
                };
            };
            responses: {
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Marker"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/streams/{username}/markers/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                    username: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        options?: never;
        head?: never;
        patch: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                    username: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["MarkerEdit"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Marker"];
                    };
                };
            };
        };
        trace?: never;
    };
    "/api/streams/{username}/playback-token": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    username: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["WatchProof"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Granted"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/streams/{username}/schedule": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    username: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Upcoming"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/streams/{username}/schedule.ics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    username: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "text/calendar": string;
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/streams/keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["KeyList"];
                    };
                };
            };
        };
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["NewKey"];
                };
            };
            responses: {
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ShownKey"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/streams/keys/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        options?: never;
        head?: never;
        patch: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["KeyEdit"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ListedKey"];
                    };
                };
            };
        };
        trace?: never;
    };
    "/api/streams/keys/{id}/reveal": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ShownKey"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/streams/keys/{id}/rotate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["Rotation"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ShownKey"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/streams/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Mine"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["Edit"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Edited"];
                    };
                };
            };
        };
        trace?: never;
    };
    "/api/streams/me/avatar": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "image/*": number[];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Uploaded"];
                    };
                };
            };
        };
        post?: never;
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/streams/me/banner": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "image/*": number[];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Uploaded"];
                    };
                };
            };
        };
        post?: never;
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/streams/me/broadcasts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: {
                    cursor?: string;
                    limit?: number;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["OwnPage"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/streams/me/broadcasts/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Course"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/streams/me/broadcasts/{id}/minutes.csv": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "text/csv": string;
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/streams/me/end": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/streams/me/following": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: {
                    cursor?: string;
                    limit?: number;
                    live?: boolean;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["FollowingPage"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/streams/me/following/{username}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    username: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["FollowingEdit"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Following"];
                    };
                };
            };
        };
        trace?: never;
    };
    "/api/streams/me/go-live": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Edited"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/streams/me/members": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["MemberList"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/streams/me/members/{username}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    username: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["NewMemberRole"];
                };
            };
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        post?: never;
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    username: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/streams/me/notices": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["NoticeList"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/streams/me/notices/browsers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["BrowserList"];
                    };
                };
            };
        };
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["BrowserSubscription"];
                };
            };
            responses: {
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["SubscribedBrowser"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/streams/me/notices/browsers/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/streams/me/notices/browsers/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["TestedBrowsers"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/streams/me/notices/seen": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["SeenNotices"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["NoticeSettings"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/streams/me/notices/settings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["NoticeSettings"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["NoticeEdit"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["NoticeSettings"];
                    };
                };
            };
        };
        trace?: never;
    };
    "/api/streams/me/notices/stop/{token}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    token: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "text/html": string;
                    };
                };
            };
        };
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    token: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "text/html": string;
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/streams/me/pictures": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "image/*": number[];
                };
            };
            responses: {
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Uploaded"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/streams/me/qoe": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Qoe"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/streams/me/schedule": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["OwnSchedule"];
                    };
                };
            };
        };
        put: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["OwnSchedule"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["OwnSchedule"];
                    };
                };
            };
        };
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/streams/me/watch-link": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["WatchLink"];
                    };
                };
            };
        };
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["WatchLink"];
                    };
                };
            };
        };
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/streams/me/webhooks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["WebhookList"];
                    };
                };
            };
        };
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["NewWebhook"];
                };
            };
            responses: {
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["OpenWebhook"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/streams/me/webhooks/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        options?: never;
        head?: never;
        patch: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["WebhookEdit"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Listed"];
                    };
                };
            };
        };
        trace?: never;
    };
    "/api/streams/me/webhooks/{id}/deliveries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: {
                    cursor?: string;
                };
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["DeliveryPage"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/streams/me/webhooks/{id}/deliveries/{delivery}/redeliver": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    delivery: string;
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                202: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Queued"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/streams/me/webhooks/{id}/rotate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["NewSecret"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["OpenWebhook"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/streams/me/webhooks/{id}/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                202: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Queued"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/users/{username}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    username: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Profile"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/oembed": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query: {
                    format?: string;
                    maxheight?: number;
                    maxwidth?: number;
                    url: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            author_name?: string;
                            author_url?: string;
                            cache_age?: number;
                            height?: number;
                            html?: string;
                            provider_name?: string;
                            provider_url?: string;
                            thumbnail_height?: number;
                            thumbnail_url?: string;
                            thumbnail_width?: number;
                            title?: string;
                            /** @enum {string} */
                            type: "video" | "link";
                            version: string;
                            width?: number;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description What a channel says about itself. */
        About: {
            avatar_url?: string | null;
            banner_url?: string | null;
            /** @description Plain, with line breaks. */
            bio: string;
            links: components["schemas"]["ProfileLink"][];
            panels: components["schemas"]["ShownPanel"][];
        };
        /** @description A page of accounts. */
        AccountPage: {
            items: components["schemas"]["StaffAccount"][];
            next_cursor?: string | null;
        };
        /** @description A page of acts, the newest first. */
        ActList: {
            items: components["schemas"]["ShownAct"][];
            next_cursor?: string | null;
        };
        /** @description What an act was done to: a person, or an id or a name. */
        ActTarget: components["schemas"]["ChatPerson"] | string;
        /** @description A passkey that was added. */
        AddedPasskey: {
            passkey: components["schemas"]["Passkey"];
            /** @description Ten, told once; none where the account has some already. */
            recovery_codes: string[];
        };
        /** @description A term that is blocked now. */
        AddedTerm: {
            id: string;
            term: string;
        };
        /** @description An address. */
        Address: {
            email: string;
        };
        /** @description A privileged act. */
        AuditItem: {
            /** @description `suspended`, `unsuspended`, `role_changed`, `first_admin`, `invited`, `uninvited`, `mail_read`, `user.second_factor_reset`. */
            act: string;
            actor_id: string;
            actor_name: string;
            /** Format: date-time */
            at: string;
            /** @description What there is to say of it. */
            detail: Record<string, unknown>;
            id: string;
            subject_id?: string | null;
            subject_name?: string | null;
        };
        /** @description A page of acts. */
        AuditPage: {
            items: components["schemas"]["AuditItem"][];
            next_cursor?: string | null;
        };
        /**
         * @description What was done to a person in a room.
         * @enum {string}
         */
        BanKind: "ban" | "timeout";
        /** @description A page of bans and time-outs. */
        BanPage: {
            /** @description Newest first. */
            items: components["schemas"]["ChatBan"][];
            /** @description `cursor` of the next page; null at the end. */
            next_cursor?: string | null;
        };
        /** @description Somebody whom one has hidden. */
        Blocked: {
            blocked_at: string;
            user: components["schemas"]["ChatPerson"];
        };
        /** @description Whom one has hidden. */
        BlockPage: {
            items: components["schemas"]["Blocked"][];
            /** @description `cursor` of the next page; null at the end. */
            next_cursor?: string | null;
        };
        /** @description Bots. */
        BotPage: {
            items: components["schemas"]["ChatBot"][];
            /** @description `cursor` of the next page; null at the end. */
            next_cursor?: string | null;
        };
        /** @description An error that was told, with how often. */
        BrowserErrorItem: {
            /** @description The `User-Agent` of the browser where it was seen first. */
            browser: string;
            /**
             * Format: int64
             * @description How often it was told.
             */
            count: number;
            /** Format: date-time */
            first_at: string;
            id: string;
            /** Format: date-time */
            last_at: string;
            message: string;
            /** @description The path of the page where it was seen first. */
            page: string;
            stack: string;
        };
        /** @description A page of errors. */
        BrowserErrorPage: {
            items: components["schemas"]["BrowserErrorItem"][];
            next_cursor?: string | null;
        };
        /** @description One's browsers. */
        BrowserList: {
            /** @description The newest first; of more than 10 the oldest go. */
            items: components["schemas"]["SubscribedBrowser"][];
            /** @description What a browser subscribes with (`applicationServerKey`); null: this platform has no Web Push. */
            public_key?: string | null;
        };
        /** @description A browser that takes Web Push, as its `PushSubscription` says; the name is for its owner. */
        BrowserSubscription: {
            /** @description Where it is reached: a secret. */
            endpoint: string;
            keys: components["schemas"]["SubscriptionKeys"];
            /** @description "Firefox on Linux"; at most 60 characters. */
            name?: string;
        };
        /** @description What a link to a channel shows. */
        Card: components["schemas"]["Framing"] & {
            /** @description On the web origin. */
            avatar_url?: string | null;
            /** @description On the web origin. */
            banner_url?: string | null;
            bio: string;
            category: string;
            display_name: string;
            /** @description Whether search engines may keep the page. */
            listed: boolean;
            /** @description Whether it is on air, as far as strangers know. */
            live: boolean;
            /** @description Whether anybody may watch. */
            open: boolean;
            /** @description What is on air, as a small JPEG on the web origin; null: nothing, or not for everybody to see, as with mature channels. */
            still_url?: string | null;
            title: string;
            username: string;
        };
        /** @description What is changed; fields left out stay. */
        CategoryEdit: {
            description?: string | null;
            name?: string | null;
            slug?: string | null;
        };
        /** @description All categories. */
        CategoryList: {
            /** @description Most watched first, then by name. */
            items: components["schemas"]["ShownCategory"][];
        };
        /** @description An act, as the frame `moderation` has it. */
        ChatAct: {
            /** @description `ban`, `timeout`, `settings`, `delete`; docs/CHAT-PROTOCOL.md has all. */
            action: string;
            actor: components["schemas"]["ChatPerson"];
            at: string;
            /** @description Settings by name, before and after. */
            changes?: {
                [key: string]: unknown[];
            };
            id: string;
            /** @description For moderators. */
            note?: string;
            /** @description Of a poll. */
            question?: string;
            reason: string;
            target: components["schemas"]["ActTarget"];
            /** @description What a message said that was kept out. */
            text?: string;
            /** @description Id of the act that this one took back. */
            undid?: string;
            /** @description Whether the asker could undo it now. */
            undoable: boolean;
            undone_at?: string;
            undone_by?: components["schemas"]["ChatPerson"];
            until?: string;
            /** @description Whom it concerns. */
            user?: components["schemas"]["ChatPerson"];
        };
        /** @description A ban or time-out that is in force. */
        ChatBan: {
            actor: components["schemas"]["ChatPerson"];
            at: string;
            kind: components["schemas"]["BanKind"];
            /** @description For moderators. */
            note: string;
            reason: string;
            /** @description Of a time-out. */
            until?: string;
            user: components["schemas"]["ChatPerson"];
        };
        /** @description A bot. */
        ChatBot: {
            id: string;
            /** @description To the minute. */
            last_used_at?: string | null;
            made_at: string;
            /** @description Id of who made it. */
            made_by: string;
            name: string;
            scopes: string[];
            /** @description CHANNEL:NAME. */
            username: string;
        };
        /** @description A person as a room knows them. */
        ChatCard: {
            /** @description Newest first. */
            acts: components["schemas"]["ChatAct"][];
            /** @description `messages` of the kept log, and of each act how often. */
            counts: {
                [key: string]: number;
            };
            /** @description When the account was made; null: not known now. */
            created_at?: string | null;
            first_message_at?: string | null;
            /** @description Newest first. */
            messages: components["schemas"]["ChatMessage"][];
            roles: string[];
            sanction?: components["schemas"]["NotedSanction"] | null;
            user: components["schemas"]["ChatPerson"];
        };
        /** @description What can be set. */
        ChatMe: {
            /** @description The name's colour, `#rrggbb`; null: the page chooses one. Pages make it readable on their ground. */
            color?: string | null;
        };
        /**
         * @description What becomes of a kind of message.
         * @enum {string}
         */
        ChatMeasure: "allow" | "hold" | "refuse";
        /** @description The frame `message`. */
        ChatMessage: {
            /** @description `primary`, `good` or `warn`. */
            announcement?: string;
            at: string;
            /** @description Addresses by the names that stand in the text between colons. */
            emotes?: {
                [key: string]: string;
            };
            /** @description The person's first message in this room. */
            first?: boolean;
            /** @description 18 hex digits; they sort by time. */
            id: string;
            image?: components["schemas"]["Image"];
            /** @description Said of oneself, by `/me`. */
            me?: boolean;
            /** @description Ids of people who are named in it. */
            mentions?: string[];
            /** @description To its author only. */
            nonce?: string;
            /** @description That message; not there when it is gone. */
            reply?: components["schemas"]["ChatQuote"];
            /** @description Id of the message that it answers. */
            reply_to?: string;
            room: string;
            text: string;
            /** @description `message`. */
            type: string;
            user: components["schemas"]["ChatUser"];
        };
        /** @description A person. Of one whose account is gone, or whom nobody can be asked for now, only the id is known. */
        ChatPerson: {
            display_name?: string;
            id: string;
            /** @description Lower case. */
            username?: string;
        };
        /** @description A poll, as in the frame `poll`. */
        ChatPoll: {
            /** @description Id of who opened it. */
            by: string;
            ends_at: string;
            id: string;
            options: components["schemas"]["PollOption"][];
            question: string;
            /** @description `open`, `closed` or `cancelled`. */
            state: string;
            /** Format: int64 */
            voters: number;
            /** @description By option, in their order. */
            votes: number[];
        };
        /** @description The message that another one answers, as it was. */
        ChatQuote: {
            text: string;
            user: components["schemas"]["ChatUser"];
        };
        /** @description A report, as far as the asker may know. */
        ChatReport: {
            /** @description `message`, `user` or `channel`. */
            about: string;
            answer?: string;
            at: string;
            category: string;
            /** @description The channel's name; null: it is gone, or nobody can be asked now. */
            channel?: string | null;
            /** @description Not for who made it. */
            escalated_by?: components["schemas"]["ChatPerson"];
            id: string;
            /** @description Where that message's image is, for who judges, as long as the report is open. */
            image?: string;
            /** @description As it was when it was reported. */
            message?: components["schemas"]["ChatMessage"];
            /** @description `room` or `platform`. */
            queue: string;
            /** @description For the platform's staff. */
            reporter?: components["schemas"]["ChatPerson"];
            resolved_at?: string;
            /** @description Not for who made it. */
            resolved_by?: components["schemas"]["ChatPerson"];
            room: string;
            /** @description `open`, `acted`, `dismissed`. */
            state: string;
            /** @description The message's, the person's or the channel's id. */
            target: string;
            text: string;
            user: components["schemas"]["ChatPerson"];
        };
        /** @description Rules for suspicious messages. */
        ChatRules: {
            caps: components["schemas"]["ChatMeasure"];
            flood: components["schemas"]["ChatMeasure"];
            new_user_links: components["schemas"]["ChatMeasure"];
            repeats: components["schemas"]["ChatMeasure"];
            terms: components["schemas"]["ChatMeasure"];
        };
        /** @description A ban or time-out as its person is told of it. */
        ChatSanction: {
            kind: components["schemas"]["SanctionKind"];
            reason?: string;
            /** @description Of a time-out. */
            until?: string;
        };
        /** @description Somebody in a room. */
        ChatUser: {
            /** @description `broadcaster`, `moderator`, `vip`, `staff`, `bot`; others may come. */
            badges?: string[];
            /** @description `#rrggbb`. */
            color?: string;
            display_name?: string;
            id: string;
            username?: string;
        };
        /** @description When a closed account is erased. */
        Closed: {
            /** Format: date-time */
            erase_at: string;
        };
        /** @description What a command was answered. */
        CommandAnswer: {
            text: string;
        };
        /** @description A past broadcast with its course. */
        Course: components["schemas"]["OwnPastBroadcast"] & {
            /**
             * Format: int64
             * @description Seconds that one point stands for.
             */
            point_s: number;
            /** @description None: they were too long ago, or there were none. */
            points: components["schemas"]["Point"][];
        };
        /** @description A delivery. */
        Delivery: {
            /** @description The newest first, 20 at most. */
            attempts: components["schemas"]["Tried"][];
            /** @description What is sent. */
            body: string;
            /** Format: date-time */
            created_at: string;
            id: string;
            /** @description The `webhook-id` under which it is sent. */
            message_id: string;
            /**
             * Format: date-time
             * @description When it is sent next, while it waits.
             */
            next_at?: string | null;
            /** @description `waiting`, `delivered`, `failed`, `cancelled`. */
            state: string;
            /** @description The event. */
            type: string;
        };
        /** @description A page of deliveries, the newest first. */
        DeliveryPage: {
            items: components["schemas"]["Delivery"][];
            next_cursor?: string | null;
        };
        /** @description Frames of one fate. */
        Drop: {
            /** Format: int64 */
            count: number;
            /** @description `malformed`, `late_start` (before the first keyframe), `time_repaired`, `audio_overlap`, `empty`, `transcoder_behind`; more may come. */
            reason: string;
        };
        /** @description What the owner changes; fields left out stay. */
        Edit: {
            /** @description At most 500 characters, plain, with line breaks. */
            bio?: string | null;
            /** @description A category's slug or name, or another text of at most 60 characters. */
            category?: string | null;
            /** @description At most 20, such as `example.org` (by https), `*.example.org` or `http://localhost:8080`. They count with `sites`, which needs one. */
            embed_sites?: string[] | null;
            /** @description Whose pages may have the channel's player in a frame: `everywhere`, `sites` (those of `embed_sites`) or `nowhere`. */
            embedding?: string | null;
            /**
             * @description Renditions made beside the source, such as `["720p", "480p"]`; none: what the server makes for everybody. From the next
             *     broadcast on.
             */
            ladder?: string[] | null;
            /** @description BCP 47, one of a list; empty: none. */
            language?: string | null;
            /** @description At most 5. */
            links?: components["schemas"]["ProfileLink"][] | null;
            /** @description For adults. */
            mature?: boolean | null;
            /** @description At most 10. */
            panels?: components["schemas"]["Panel"][] | null;
            /** @description The channel's password, of 4 to 128 characters, for `password`. It is not shown again. */
            password?: string | null;
            /**
             * Format: int64
             * @description Seconds, 0 to 1800, for which a broadcast waits for its lost encoder; 0: it ends at once.
             */
            reconnect_grace_s?: number | null;
            /** @description Whether others see the channel's past broadcasts. */
            show_broadcasts?: boolean | null;
            /** @description At most 10, of 1 to 25 characters; two that differ in case alone are one. */
            tags?: string[] | null;
            /** @description Whether the next broadcast is a test, which only the owner, moderators and the platform's staff see. It is fixed at a broadcast's start. */
            test_mode?: boolean | null;
            /** @description At most 140 characters. */
            title?: string | null;
            /** @description `public`, `unlisted`, `followers`, `password` or `private` (by secret link). Another one than before ends what others were let in by. */
            visibility?: string | null;
        };
        /** @description One's own channel with its settings. */
        Edited: components["schemas"]["Stream"] & components["schemas"]["Settings"] & components["schemas"]["Framing"];
        /**
         * @description Who may frame a channel's player.
         * @enum {string}
         */
        Embedding: "everywhere" | "sites" | "nowhere";
        /** @description One emote. */
        Emote: {
            /** @description Whether it moves. */
            animated: boolean;
            /**
             * Format: int32
             * @description Pixels, at most 112.
             */
            height: number;
            /** @description 32 hex digits of the SHA-256 of its bytes. */
            id: string;
            /** @description What stands between the colons. */
            name: string;
            /** @description Where its bytes are, on the web origin. */
            url: string;
            /**
             * Format: int32
             * @description Pixels, at most 112.
             */
            width: number;
        };
        /** @description What can be named here between colons. */
        Emotes: {
            /** @description The channel's own, by name; not there where no channel was asked for. */
            channel?: components["schemas"]["Emote"][] | null;
            /** @description The set for all, in the order of a picker. */
            global: components["schemas"]["Emote"][];
            /** @description Emotes a channel may have. */
            max: number;
        };
        /** @description An entry as its owner writes it. */
        Entry: {
            /** @description A category's name, or nothing. */
            category?: string;
            /**
             * Format: int32
             * @description 1 to 1440.
             */
            minutes: number;
            /** @description `2026-12-01T20:00`, on the clocks of the schedule's time zone. */
            starts_at: string;
            /** @description 1 to 100 characters. */
            title: string;
            /** @description Every week from then on. */
            weekly?: boolean;
        };
        /** @description What stopped players until they began anew, by kind. */
        Errors: {
            /**
             * Format: int64
             * @description What came could not be decoded.
             */
            media: number;
            /**
             * Format: int64
             * @description Nothing came.
             */
            network: number;
            /**
             * Format: int64
             * @description The browser decodes none of the renditions.
             */
            unsupported: number;
        };
        /** @description Why second factors are taken away. */
        FactorReset: {
            /** @description 1-500 characters, for the log. The mail to their owner does not say it, the export of their data does. */
            reason: string;
        };
        /** @description What players told of some time. Only those of the platform's own pages tell. */
        Fare: {
            /**
             * Format: double
             * @description Behind the live edge, of who is not so by choice, an estimate; null: nobody said.
             */
            behind_median_s?: number | null;
            errors: components["schemas"]["Errors"];
            /** Format: int64 */
            frames_decoded: number;
            /** Format: int64 */
            frames_dropped: number;
            /** @description The lowest first. */
            rungs: components["schemas"]["Rung"][];
            /**
             * Format: double
             * @description Seconds that they waited amid it, while there was something to see.
             */
            stalled_s: number;
            /** Format: int64 */
            stalls: number;
            /**
             * Format: double
             * @description From asking for the broadcast to the first moving picture, an estimate; null: none began.
             */
            start_median_s?: number | null;
            /** Format: double */
            start_p95_s?: number | null;
            /**
             * Format: int64
             * @description Playbacks that began.
             */
            starts: number;
            /**
             * Format: int64
             * @description Playback sessions that told something; of several minutes the most of any.
             */
            viewers: number;
            /**
             * Format: double
             * @description Seconds that they watched together.
             */
            watched_s: number;
        };
        /** @description A minute of it. */
        FareMinute: components["schemas"]["Fare"] & {
            /**
             * Format: date-time
             * @description When it began.
             */
            at: string;
        };
        /** @description Whether there is no admin yet. */
        First: {
            /** @description Whether the one-time link that the operator has still works. */
            open: boolean;
        };
        /** @description The token of the operator's link. */
        FirstToken: {
            token: string;
        };
        /** @description A channel that one follows. */
        FollowedStream: {
            /** Format: date-time */
            followed_at: string;
            /** @description Whether one is told when it goes live. */
            notify: boolean;
            stream: components["schemas"]["Stream"];
        };
        /** @description Since when one follows a channel. */
        Following: {
            /** Format: date-time */
            followed_at: string;
            /** @description Whether one is told when it goes live. */
            notify: boolean;
        };
        /** @description What is to change about a channel that one follows. */
        FollowingEdit: {
            /** @description Whether one is told when it goes live. */
            notify?: boolean | null;
        };
        /** @description A page of what one follows. */
        FollowingPage: {
            items: components["schemas"]["FollowedStream"][];
            next_cursor?: string | null;
        };
        /** @description What the owner has set: with it the sites, which count with `sites` alone and are kept otherwise. */
        Framing: {
            /** @description At most 20 origins, `https://example.org` each; they count with `sites`. */
            embed_sites: string[];
            /** @description Whose pages may have the channel's player in a frame. */
            embedding: components["schemas"]["Embedding"];
        };
        /** @description The right to watch for a while. */
        Granted: {
            /**
             * Format: int64
             * @description Seconds; ask for the next one in time, with this one.
             */
            expires_in: number;
            /** @description The multivariant playlist, with the token. */
            playback_url: string;
            /** @description The channel as who may watch it sees it. */
            stream: components["schemas"]["Stream"];
            /** @description Null: the channel is open, and needs none. */
            token?: string | null;
        };
        /** @description What arrives. Counts begin with the encoder's session unless they say otherwise. */
        Health: {
            /**
             * Format: int32
             * @description 95 of 100 frames of the last 10 s came at most so much later than the earliest, against their own times.
             */
            arrival_jitter_ms: number;
            /**
             * Format: int64
             * @description Of the sound, over the last 5 s; 0: not measured.
             */
            audio_bitrate_bps: number;
            /**
             * Format: int32
             * @description 0: no sound.
             */
            audio_channels: number;
            /**
             * Format: int32
             * @description 0: no sound.
             */
            audio_sample_rate: number;
            /**
             * Format: int32
             * @description By how much sound arrives ahead of the picture's time; negative: behind.
             */
            av_skew_ms: number;
            /**
             * Format: int64
             * @description Everything, also what is not media.
             */
            bytes_received: number;
            /**
             * Format: int32
             * @description Breaks of the timeline since the broadcast began on its node.
             */
            discontinuities: number;
            /** @description Frames that did not reach viewers as they were sent, by why. */
            drops: components["schemas"]["Drop"][];
            /** @description As the encoder names itself. */
            encoder: string;
            /**
             * Format: double
             * @description Pictures a second that arrive; 0: not measured.
             */
            fps: number;
            /**
             * Format: int64
             * @description Frames lost or moved because they could not be used as they were.
             */
            frames_dropped: number;
            /**
             * Format: int32
             * @description Between the last two keyframes; 0: not measured.
             */
            keyframe_interval_ms: number;
            /** @description The encoder came by RTMPS. */
            secure: boolean;
            /**
             * Format: int32
             * @description What the transcoder takes, in thousandths of a core; 0: nothing, or not measured.
             */
            transcode_cpu_permille: number;
            /**
             * Format: int64
             * @description Of the pictures, over the last 5 s; 0: not measured.
             */
            video_bitrate_bps: number;
            /**
             * Format: int32
             * @description Times the transcoder was replaced since the broadcast began on its node.
             */
            worker_restarts: number;
        };
        /** @description The frame `held`. */
        HeldMessage: {
            at: string;
            expires_at: string;
            hold_id: string;
            image?: components["schemas"]["Image"];
            /** @description The term that it has. */
            matched?: string;
            /** @description To its author only. */
            nonce?: string;
            /** @description `terms`, `new_user_links`, `flood`, `caps`, `repeats`, `links` or `image`. */
            reason?: string;
            room: string;
            text: string;
            /** @description `held`. */
            type: string;
            /** @description To moderators only, as what follows. */
            user?: components["schemas"]["ChatUser"];
        };
        /** @description Messages that wait. */
        HoldPage: {
            items: components["schemas"]["HeldMessage"][];
            /** @description `cursor` of the next page; null at the end. */
            next_cursor?: string | null;
        };
        /** @description The frame `hold_resolved`. */
        HoldResolved: {
            hold_id: string;
            message_id?: string;
            outcome: string;
            room: string;
            /** @description `hold_resolved`. */
            type: string;
        };
        /** @description What became of a held message. */
        HoldVerdict: {
            hold_id: string;
            /** @description Of one that was let through. */
            message_id?: string;
            /** @description `approved`, `denied` or `expired`. */
            outcome: string;
        };
        /** @description An image that a message may have, or has: its member `image`. */
        Image: {
            /**
             * Format: int32
             * @description Pixels.
             */
            height: number;
            /** @description Its id, for `say`. */
            id: string;
            /** @description Where its bytes are, on the web origin. */
            url: string;
            /**
             * Format: int32
             * @description Pixels.
             */
            width: number;
        };
        /** @description An invitation. */
        InvitationItem: {
            /** @description Told at its making and never again. */
            code?: string | null;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            expires_at: string;
            id: string;
            note?: string | null;
            /** Format: date-time */
            used_at?: string | null;
            /** @description The user name that was registered with it. */
            used_by?: string | null;
        };
        /** @description A page of invitations. */
        InvitationPage: {
            items: components["schemas"]["InvitationItem"][];
            next_cursor?: string | null;
        };
        /** @description What it is to be. */
        Invite: {
            /**
             * Format: int64
             * @description For how many seconds it is good, at most 90 days; 7 days unless given.
             */
            expires_in_s?: number | null;
            /** @description For whom it is: 1-500 characters, for admins' eyes. */
            note?: string | null;
        };
        /** @description A bot with its token, which no later answer has. */
        IssuedBot: {
            id: string;
            last_used_at?: string | null;
            made_at: string;
            made_by: string;
            name: string;
            scopes: string[];
            token: string;
            username: string;
        };
        /** @description A blocked term. */
        KeptTerm: {
            added_at: string;
            added_by: components["schemas"]["ChatPerson"];
            id: string;
            term: string;
        };
        /** @description An Ed25519 public key (RFC 8037), for its schema. */
        Key: {
            alg: string;
            crv: string;
            kid: string;
            kty: string;
            use: string;
            x: string;
        };
        /** @description What to change of a key; fields left out stay. */
        KeyEdit: {
            /** @description From then on it opens no new publish, a running one goes on; null: it has no end. RFC 3339; in the past: at once. */
            expires_at?: string | null;
            /** @description 1 to 50 characters. */
            name?: string | null;
        };
        /** @description All keys. */
        KeyList: {
            items: components["schemas"]["ListedKey"][];
        };
        /** @description A JSON Web Key Set (RFC 7517), for its schema. */
        KeySet: {
            keys: components["schemas"]["Key"][];
        };
        /** @description Why it is lifted. */
        Lift: {
            /** @description At most 500 characters. */
            reason?: string;
        };
        /** @description Why a suspension ends. */
        Lifting: {
            /** @description 1-500 characters, for the log; its owner does not read it. */
            reason?: string | null;
        };
        /** @description What stands behind `#` in the link of a mail. */
        Link: {
            token: string;
        };
        /** @description A webhook without its secret. */
        Listed: {
            /** Format: date-time */
            created_at: string;
            /**
             * Format: int64
             * @description Events that were dropped because too many waited, since it was switched on.
             */
            dropped: number;
            enabled: boolean;
            events: string[];
            /**
             * Format: date-time
             * @description Since when nothing arrived any more; null: the last attempt was one of success.
             */
            failing_since?: string | null;
            id: string;
            name: string;
            /** Format: date-time */
            off_at?: string | null;
            /** @description `gone` (the receiver answered 410) or `failing` (nothing but failures for days): the service switched it off. */
            off_because?: string | null;
            /**
             * Format: date-time
             * @description Until then the secret before the last rotation signs too.
             */
            overlap_until?: string | null;
            url: string;
            /**
             * Format: int64
             * @description Deliveries that wait.
             */
            waiting: number;
        };
        /** @description A key without its secret. */
        ListedKey: {
            /** Format: date-time */
            created_at: string;
            encoder: string;
            /**
             * Format: date-time
             * @description From then on it opens no new publish.
             */
            expires_at?: string | null;
            id: string;
            /** Format: date-time */
            last_used_at?: string | null;
            name: string;
            /**
             * Format: date-time
             * @description Until then the key before the last rotation still opens too.
             */
            overlap_until?: string | null;
            remote_addr: string;
        };
        /** @description A member. */
        ListedMember: {
            /** Format: date-time */
            added_at: string;
            /** @description Who gave the role: the owner, or somebody of the platform's staff. */
            added_by: string;
            display_name?: string | null;
            /** @description `moderator` or `vip`. */
            role: string;
            user_id: string;
            /** @description Null: the account is gone; its id stands for the name then. */
            username?: string | null;
        };
        /** @description What is running. */
        Live: {
            /** @description The broadcast; the same through reconnects. */
            broadcast_id: string;
            /** @description The multivariant playlist, with a playback token where one is needed; null to who may not watch, or has to ask for it. */
            playback_url?: string | null;
            /** @description The source first. */
            renditions: components["schemas"]["PlayedRendition"][];
            /**
             * Format: date-time
             * @description When its first part could be fetched.
             */
            started_at: string;
            /**
             * @description A small JPEG of what was on air lately, which never changes under this address; null: there is none, or it is not for the caller, as with
             *     `playback_url`.
             */
            still_url?: string | null;
            /** @description Whether it is a test, which only the channel's owner, its moderators and the platform's staff see. */
            test: boolean;
            /**
             * Format: int64
             * @description How many watch.
             */
            viewers: number;
        };
        /** @description A sign-in. */
        Login: {
            /** @description User name or e-mail address. */
            login: string;
            /** @description The password. */
            password: string;
        };
        /** @description What a node's machine has and does; whatever else runs on it is in it. */
        Machine: {
            /**
             * Format: int32
             * @description Of all processors, in thousandths; 0: nothing, or not known.
             */
            busy_permille: number;
            /**
             * Format: int32
             * @description Processors; 0: not known.
             */
            cores: number;
            /** @description Video encoders in use, best first. */
            encoders: string[];
            /** @description Video encoders that are put aside after faults. */
            encoders_at_rest: string[];
            /**
             * Format: int32
             * @description Who may at once.
             */
            max_publishers: number;
            /**
             * Format: int64
             * @description Memory that programs may still get.
             */
            memory_available_bytes: number;
            /**
             * Format: int64
             * @description 0: not known.
             */
            memory_bytes: number;
            /**
             * Format: int32
             * @description Who publishes.
             */
            publishers: number;
        };
        /** @description One rendition as its owner sees it. */
        Made: {
            /** Format: int64 */
            bitrate_bps: number;
            /** @description RFC 6381. */
            codecs: string;
            /** @description The encoder element that makes it; empty for the source. */
            encoder: string;
            /** Format: double */
            fps: number;
            /** Format: int32 */
            height: number;
            /**
             * Format: int32
             * @description How far its newest part is behind the source's, in media time.
             */
            lag_ms: number;
            /** @description As in the playlists. */
            name: string;
            /** @description Not made at present. */
            shed: boolean;
            /** Format: int32 */
            width: number;
        };
        /** @description A ban or time-out that was made. */
        MadeBan: {
            /** @description False: it was so already. */
            changed: boolean;
            kind: components["schemas"]["BanKind"];
            reason?: string;
            until?: string;
            user: components["schemas"]["ChatPerson"];
        };
        /** @description A mail. */
        MailItem: {
            /** Format: int32 */
            attempts: number;
            /** Format: date-time */
            created_at: string;
            /**
             * Format: date-time
             * @description It could not be sent for too long.
             */
            given_up_at?: string | null;
            id: string;
            /** @description What it is about: `confirm_address`, `password_reset`, `new_sign_in`, … */
            kind: string;
            /** @description Why the last attempt failed. */
            last_error?: string | null;
            /** Format: date-time */
            sent_at?: string | null;
            subject?: string | null;
            /** @description Only of a single mail; null once a mail server has it. */
            text?: string | null;
            to: string;
        };
        /** @description A page of mails. */
        MailPage: {
            items: components["schemas"]["MailItem"][];
            next_cursor?: string | null;
        };
        /** @description What becomes of mails. */
        MailWay: {
            /** @description Whether a mail server takes them. Without one an admin reads them at `/admin/mails`, or the operator in `mail.folder`. */
            sends_mail: boolean;
        };
        /** @description A marker. */
        Marker: {
            /** Format: date-time */
            at: string;
            /** Format: uuid */
            id: string;
            label: string;
            made_by: string;
            /** @description The name of who made it; null: the account is gone, or names are not known at the moment. */
            made_by_name?: string | null;
            /**
             * Format: int64
             * @description Milliseconds since the broadcast began.
             */
            offset_ms: number;
        };
        /** @description Another label. */
        MarkerEdit: {
            /** @description At most 140 characters. */
            label: string;
        };
        /** @description Markers in their order in the broadcast. */
        MarkerList: {
            items: components["schemas"]["Marker"][];
        };
        /** @description The signed-in user. */
        Me: {
            user: components["schemas"]["Owner"];
        };
        /** @description What is changed; fields left out stay. */
        MeEdit: {
            /** @description The user name with other capitals: it cannot pass for somebody else's. */
            display_name?: string | null;
            /** @description In which one is written to (BCP 47): `en`, `de`, of whatever country. */
            language?: string | null;
        };
        /** @description All members: moderators first, then in the order in which they were added. */
        MemberList: {
            items: components["schemas"]["ListedMember"][];
        };
        /** @description Where channels and links go. */
        Merge: {
            /** @description The slug of the category that stays. */
            into: string;
        };
        /** @description A page of the kept log. */
        MessagePage: {
            /** @description Frames `message`, oldest first. */
            items: components["schemas"]["ChatMessage"][];
            /** @description `before` of the page of older messages; null at the beginning of what is kept. */
            next_cursor?: string | null;
        };
        /** @description The second step of a sign-in. */
        Mfa: {
            /** @description One of `methods` there. */
            method: string;
            /** @description From `mfa_required`. */
            mfa_token: string;
            /** @description A code; of a passkey, the JSON of the credential. */
            response: Record<string, unknown>;
        };
        /** @description One's own channel, with what only its owner sees. */
        Mine: components["schemas"]["Stream"] & components["schemas"]["Settings"] & components["schemas"]["Framing"] & {
            health?: components["schemas"]["Seen"] | null;
            /** @description The newest refusals since the channel was last live, newest first. */
            refusals: components["schemas"]["Refusal"][];
        };
        /** @description A ban, or with a duration a time-out. */
        NewBan: {
            /** @description Whether the person's messages go; left out: with a ban they do. */
            clear?: boolean | null;
            /**
             * Format: double
             * @description Seconds, 1 to 1,209,600 (14 days); left out: a ban, until it is lifted.
             */
            duration_s?: number | null;
            /** @description For moderators only, at most 500 characters. */
            note?: string;
            /** @description For the person too, at most 500 characters. */
            reason?: string;
        };
        /** @description A bot to be. */
        NewBot: {
            /** @description 2-24 of a-z, 0-9 and _; unique in the channel. The bot is CHANNEL:NAME. */
            name: string;
            /** @description Some of `read` (join the room as a bot), `say` and `moderate`. */
            scopes: string[];
        };
        /** @description A new category. */
        NewCategory: {
            /** @description At most 300 characters. */
            description?: string;
            /** @description 2 to 60 characters; none may look like another's. */
            name: string;
            /** @description 2 to 60 of a-z, 0-9 and single dashes; left out: made of the name. */
            slug?: string | null;
        };
        /** @description A new key. */
        NewKey: {
            /** @description From then on it opens no new publish; none: never. RFC 3339, in the future. */
            expires_at?: string | null;
            /** @description 1 to 50 characters. */
            name: string;
        };
        /** @description A marker to be set. */
        NewMarker: {
            /**
             * Format: int64
             * @description How far behind the broadcast's present it is meant, such as a viewer's delay; at most two hours.
             */
            behind_ms?: number;
            /** @description At most 140 characters. */
            label?: string;
        };
        /** @description What to be. */
        NewMemberRole: {
            /** @description `moderator` or `vip`. */
            role: string;
        };
        /** @description What is to be said. */
        NewMessage: {
            /**
             * Format: uuid
             * @description An image that the caller has uploaded for it.
             */
            image?: string | null;
            /** @description 1-64 visible ASCII characters: the same one from the same caller in this room within 2 minutes is one message. */
            nonce?: string | null;
            /** @description A message of the kept log, 18 hex digits. */
            reply_to?: string | null;
            /** @description 1-500 graphemes. One that begins with "/" is a command, "//x" says "/x". */
            text: string;
        };
        /** @description A new passkey. */
        NewPasskey: {
            /** @description What `navigator.credentials.create()` gave, as JSON. */
            credential: Record<string, unknown>;
            /** @description 1-60 characters. */
            name: string;
        };
        /** @description What is to be pinned. */
        NewPin: {
            /** @description A message of the kept log, 18 hex digits. */
            message_id: string;
        };
        /** @description A poll to be. */
        NewPoll: {
            /**
             * Format: int64
             * @description 10 to 86400, default 120.
             */
            duration_s?: number | null;
            /** @description 2 to 6 different ones, 1 to 60 characters each. */
            options: string[];
            /** @description 1 to 140 characters. */
            question: string;
        };
        /** @description A report: about one of `message_id`, `user` or `channel`. */
        NewReport: {
            /** @description `spam`, `harassment`, `hate`, `sexual`, `violence`, `self_harm`, `impersonation`, `copyright`, `other`. */
            category: string;
            /** @description The channel itself. */
            channel?: boolean;
            /** @description A message of the kept log. */
            message_id?: string | null;
            /** @description Channel id or user name: where it was seen. */
            room: string;
            /** @description In the reporter's words, at most 500 characters. */
            text?: string;
            /** @description A person, by id or user name. */
            user?: string | null;
        };
        /** @description What a banned person asks. */
        NewRequest: {
            /** @description In their words, 1-500 characters. */
            text: string;
        };
        /** @description A role. */
        NewRole: {
            /** @description `user`, `moderator` or `admin`. */
            role: string;
        };
        /** @description How to make another secret. */
        NewSecret: {
            /**
             * Format: int64
             * @description Seconds for which the former one signs too; a day by default, at most a week.
             */
            overlap_s?: number;
        };
        /** @description A term to be blocked. */
        NewTerm: {
            /** @description Words; `*` at either end or inside stands for any characters of a word. At most 60 characters. */
            term: string;
        };
        /** @description A new webhook. */
        NewWebhook: {
            /** @description `live`, `ended`, `followed`, `updated`; at least one. */
            events: string[];
            /** @description 1 to 50 characters. */
            name: string;
            /** @description `https://`, without user name and password, at most 2048 bytes. */
            url: string;
        };
        /** @description A node that takes publishers. */
        NodeItem: {
            /**
             * Format: int64
             * @description Broadcasts that it has.
             */
            broadcasts: number;
            /** @description It takes no new publisher. */
            draining: boolean;
            /**
             * Format: int64
             * @description Milliseconds since it was heard last; it is heard every second.
             */
            heard_ms_ago: number;
            id: string;
            machine?: components["schemas"]["Machine"] | null;
            /** @description Where edges reach it. */
            origin_url: string;
            /** @description It takes publishers by RTMPS too. */
            rtmps: boolean;
            /**
             * Format: int64
             * @description Who watch them.
             */
            viewers: number;
        };
        /** @description All nodes, by name. */
        NodeList: {
            items: components["schemas"]["NodeItem"][];
        };
        /** @description A setting of the ingest nodes as it counts. */
        NodeSettingItem: {
            /** @description What it is where nobody sets it; null: it has no such value. */
            default?: string | null;
            /** @description Its key, as in the documentation of settings. */
            key: string;
            /** @description The nodes where it is so. A key comes once for each value that it has somewhere. */
            nodes: string[];
            /** @description `10`, `true`, `10s`, `4 MiB`. */
            value: string;
        };
        /** @description The limits that the ingest nodes go by, by key. */
        NodeSettingList: {
            items: components["schemas"]["NodeSettingItem"][];
            /** @description The nodes that say what they go by. */
            nodes: string[];
        };
        /** @description What is in force, with what moderators note. */
        NotedSanction: {
            kind: components["schemas"]["SanctionKind"];
            note: string;
            reason?: string;
            until?: string;
        };
        /** @description A channel went live. */
        Notice: {
            avatar_url?: string | null;
            broadcast_id: string;
            category: string;
            channel_id: string;
            display_name: string;
            /**
             * Format: date-time
             * @description Null while it runs.
             */
            ended_at?: string | null;
            /** Format: date-time */
            started_at: string;
            /** @description What the channel says now; empty once the broadcast is over. */
            title: string;
            username: string;
        };
        /** @description What is to change; what is left out stays. */
        NoticeEdit: {
            mail?: boolean | null;
            page?: boolean | null;
            push?: boolean | null;
        };
        /** @description One's notices. */
        NoticeList: {
            /** @description The newest first, at most 50. */
            items: components["schemas"]["Notice"][];
            /**
             * Format: date-time
             * @description What began until then is no news any more; null: all of it is.
             */
            seen_at?: string | null;
            /** @description How many are news; 0 while notices in the page are off. */
            unread: number;
        };
        /** @description Where one wants to be told. */
        NoticeSettings: {
            /** @description By mail, to a confirmed address. */
            mail: boolean;
            /** @description In the page. */
            page: boolean;
            /** @description By Web Push, in the browsers that one subscribed. */
            push: boolean;
            /**
             * Format: date-time
             * @description What began until then is no news any more.
             */
            seen_at?: string | null;
        };
        /** @description One time that a channel means to be live. */
        Occurrence: {
            /** @description A category's name, or nothing. */
            category: string;
            /**
             * Format: date-time
             * @description When it ends.
             */
            ends_at: string;
            /** @description Of the entry; the same every week. */
            id: string;
            /**
             * Format: date-time
             * @description When it begins.
             */
            starts_at: string;
            /** @description What is planned. */
            title: string;
            /** @description Whether it is so every week. */
            weekly: boolean;
        };
        /** @description A broadcast on air. */
        OnAirItem: {
            channel_id: string;
            display_name: string;
            health?: components["schemas"]["Health"] | null;
            id: string;
            /** @description The node that has it. */
            node_id: string;
            /** @description The source first. */
            renditions: components["schemas"]["Made"][];
            /** Format: date-time */
            started_at: string;
            /** @description `starting`, `live`, `reconnecting`. */
            state: string;
            /** @description Whether it is a test. */
            test: boolean;
            title: string;
            username: string;
            /** Format: int64 */
            viewers: number;
            visibility: components["schemas"]["Visibility"];
        };
        /** @description A page of broadcasts on air, the newest first. */
        OnAirPage: {
            items: components["schemas"]["OnAirItem"][];
            next_cursor?: string | null;
        };
        /** @description A webhook with its secret. */
        OpenWebhook: components["schemas"]["Listed"] & {
            /** @description `whsec_` and base64. It is not shown again. */
            secret: string;
        };
        /** @description An account as its owner sees it. */
        Owner: {
            /**
             * Format: date-time
             * @description When it was registered, RFC 3339.
             */
            created_at: string;
            /** @description As typed at registration. */
            display_name: string;
            /** @description Null for the demo account. */
            email?: string | null;
            /** @description Whether the address is known to be its owner's. */
            email_verified: boolean;
            /** @description Opaque id. */
            id: string;
            /**
             * @description In which its mails and pushes are, `en` or `de`. Null: it did not say; mails are then in the language of whoever asks for them, as far as that
             *     is known, else in English.
             */
            language?: string | null;
            /** @description On the whole platform: `user`, `moderator` or `admin`. */
            platform_role: string;
            /** @description Lower case. */
            username: string;
        };
        /** @description A page of one's own broadcasts. */
        OwnPage: {
            items: components["schemas"]["OwnPastBroadcast"][];
            next_cursor?: string | null;
        };
        /** @description A past broadcast for its owner; also the one that runs, with what was counted until a minute ago. */
        OwnPastBroadcast: components["schemas"]["PastBroadcast"] & {
            /**
             * Format: double
             * @description Viewers on average; null: nobody counted.
             */
            average_viewers?: number | null;
            /** @description Whether the figures are whole; they are some 20 s after the end. */
            complete: boolean;
            /** @description `clean`, `lost`, `grace_over`, `owner_ended`, `operator_ended`, … */
            ended_how?: string | null;
            /** Format: int64 */
            messages: number;
            /**
             * Format: double
             * @description Messages a minute, on average.
             */
            messages_per_minute: number;
            /**
             * Format: int64
             * @description Most viewers at once; null: nobody counted.
             */
            peak_viewers?: number | null;
            /** @description Whether it was a test, which nobody but its owner and team saw. */
            test: boolean;
            /**
             * Format: int64
             * @description Playback sessions in all.
             */
            unique_viewers: number;
            /** @description For whom the channel was at its end. */
            visibility: components["schemas"]["Visibility"];
            /**
             * Format: int64
             * @description Seconds that all of them watched together.
             */
            watched_s: number;
        };
        /** @description How a channel means to be live. */
        OwnSchedule: {
            /** @description At most 20. */
            entries: components["schemas"]["Entry"][];
            /** @description Whose clocks the entries go by: `Europe/Berlin`, or `UTC`. */
            time_zone: string;
        };
        /** @description A panel below the player. */
        Panel: {
            /** @description The `id` of a picture that the owner uploaded for it, or nothing. */
            picture?: string;
            /** @description At most 1,000 characters, plain, with line breaks. */
            text?: string;
            /** @description At most 60 characters. */
            title?: string;
            /** @description Where it leads: https, or nothing. */
            url?: string;
        };
        /** @description A passkey. */
        Passkey: {
            /** Format: date-time */
            created_at: string;
            id: string;
            /** Format: date-time */
            last_used_at?: string | null;
            name: string;
        };
        /** @description A passkey's answer. */
        PasskeyAnswer: {
            /** @description What `navigator.credentials.get()` gave, as JSON. */
            credential: Record<string, unknown>;
        };
        /** @description Another name. */
        PasskeyName: {
            /** @description 1-60 characters. */
            name: string;
        };
        /** @description Options for the browser. */
        PasskeyOptions: {
            /** @description For `PublicKeyCredential.parse…OptionsFromJSON()`. */
            options: Record<string, unknown>;
        };
        /** @description All passkeys of an account. */
        Passkeys: {
            /** @description The oldest first. */
            items: components["schemas"]["Passkey"][];
        };
        /** @description A password: a new one, or the present one. */
        Password: {
            password: string;
        };
        /** @description A past broadcast for everybody. */
        PastBroadcast: {
            category: string;
            /**
             * Format: int64
             * @description Seconds, until now if it runs.
             */
            duration_s: number;
            /**
             * Format: date-time
             * @description Null: it runs.
             */
            ended_at?: string | null;
            id: string;
            /** Format: date-time */
            started_at: string;
            tags: string[];
            title: string;
        };
        /** @description A page of a room's people, by name. */
        PeoplePage: {
            /** @description By name. */
            items: components["schemas"]["ChatUser"][];
            /** @description `cursor` of the next page; null at the end. */
            next_cursor?: string | null;
            /**
             * Format: int64
             * @description How many there are in all.
             */
            total: number;
        };
        /** @description A rendition as whoever plays it is told of it; what each event of the channel's health says besides is not kept. */
        PlayedRendition: {
            /** Format: int64 */
            bitrate_bps: number;
            /** @description RFC 6381. */
            codecs: string;
            /** Format: double */
            fps: number;
            /** Format: int32 */
            height: number;
            /** @description As in the playlists. */
            name: string;
            /** Format: int32 */
            width: number;
        };
        /** @description One point of a broadcast's course. */
        Point: {
            /**
             * Format: int32
             * @description The worst: by how much frames came late.
             */
            arrival_jitter_ms: number;
            /** Format: date-time */
            at: string;
            /**
             * Format: int64
             * @description Of pictures and sound, on average; null: nothing came.
             */
            bitrate_bps?: number | null;
            /**
             * Format: double
             * @description On average.
             */
            fps?: number | null;
            /** Format: int64 */
            frames_dropped: number;
            /**
             * Format: int32
             * @description The worst: by how much a rendition was behind the source.
             */
            lag_ms: number;
            /** Format: int64 */
            messages: number;
            /** Format: int64 */
            peak_viewers: number;
            /**
             * Format: int32
             * @description Sessions of the encoder that went on with the broadcast.
             */
            reconnects: number;
            /**
             * Format: double
             * @description On average; null: nobody counted.
             */
            viewers?: number | null;
        };
        /** @description How it ends. */
        PollEnd: {
            /** @description True: it is called off, and its votes do not count. */
            cancel?: boolean;
        };
        /** @description An answer of a poll. */
        PollOption: {
            /**
             * Format: int32
             * @description From 1 on.
             */
            n: number;
            text: string;
        };
        /** @description Polls. */
        PollPage: {
            items: components["schemas"]["ChatPoll"][];
            /** @description `cursor` of the next page; null at the end. */
            next_cursor?: string | null;
        };
        /** @description The JSON of it; also its OpenAPI schema. */
        ProblemBody: {
            /** @description Stable name. */
            code: string;
            /** @description What it was in this case. */
            detail: string;
            /** @description One per wrong field. */
            errors?: Record<string, unknown>[];
            /** @description To find it in the log. */
            request_id: string;
            /**
             * Format: int32
             * @description HTTP status.
             */
            status: number;
            /** @description The code's fixed sentence. */
            title: string;
            /** @description `about:blank#code`. */
            type: string;
        };
        /** @description An account as everybody sees it. */
        Profile: {
            /**
             * Format: date-time
             * @description When it was registered, RFC 3339.
             */
            created_at: string;
            /** @description As typed at registration. */
            display_name: string;
            /** @description Opaque id. */
            id: string;
            /** @description Lower case. */
            username: string;
        };
        /** @description A link beside the bio. */
        ProfileLink: {
            /** @description 1 to 60 characters. */
            title: string;
            /** @description https, at most 300 bytes. */
            url: string;
        };
        /** @description The open broadcast's last half hour. */
        Qoe: {
            /** @description Null: there is none. */
            broadcast_id?: string | null;
            /** @description How it arrived and how many watched, up to some seconds before the last whole minute's end. */
            course: components["schemas"]["Point"][];
            /** @description Those minutes of which something is known, in their order; the last one goes on. */
            minutes: components["schemas"]["FareMinute"][];
            /**
             * Format: int64
             * @description Seconds that a point of the course stands for.
             */
            point_s: number;
            whole?: components["schemas"]["Fare"] | null;
        };
        /** @description A delivery that was put in line. */
        Queued: {
            id: string;
        };
        /** @description Why, with a verdict. */
        Reasoned: {
            /**
             * @description Of the moderator, for the audit log; at most 500 characters.
             * @default
             */
            reason: string;
        };
        /**
         * @description Who one is, once more: the password; or the second step after it; or a passkey alone (`method` and `response`, after
         *     `/api/auth/passkeys/challenge`).
         */
        Reauth: {
            method?: string | null;
            /** @description From `mfa_required`. */
            mfa_token?: string | null;
            password?: string | null;
            response?: Record<string, unknown> | null;
        };
        /** @description A page of what was said. */
        RecordPage: {
            /** @description Its end; null while it goes on. */
            ended_at?: string | null;
            /** @description Frames of the log, each with `offset_ms`, milliseconds since the broadcast's start; oldest first, deleted text never. */
            items: Record<string, unknown>[];
            /** @description `after` of the next page; null at the end of what is kept so far. */
            next_cursor?: string | null;
            /** @description The broadcast's start, RFC 3339 UTC. */
            started_at: string;
        };
        /** @description Recovery codes. Told once; each is good once. */
        RecoveryCodes: {
            /** @description Ten; none where the account has some already. */
            recovery_codes: string[];
        };
        /** @description One refusal. */
        Refusal: {
            /**
             * Format: date-time
             * @description When.
             */
            at: string;
            /** @description `key_revoked`, `takeover_refused`, `codec_unsupported`, … */
            code: string;
            /** @description What happened and what to do. */
            detail: string;
            /** @description The key that was used. */
            key_name: string;
            /** @description From where. */
            remote_addr: string;
        };
        /** @description A registration. Fields are any JSON here, so that all wrong ones are named at once. */
        Register: {
            /** @description At most 254 characters. */
            email: string;
            /** @description The code of an invitation, where registration is by invitation. */
            invite?: string | null;
            /** @description In which one is written to (BCP 47): `en`, `de`, of whatever country. Another one counts as none. */
            language?: string | null;
            /** @description 8-128 characters, none of the 10,000 most common passwords. */
            password: string;
            /** @description 3-25 of `a-z 0-9 _`; upper case is kept for display. */
            username: string;
        };
        /** @description An act against whom the report is about, or its message. */
        ReportAct: {
            /** @description `delete` (the message), `timeout`, `ban`. */
            action: string;
            /**
             * Format: int64
             * @description Of a time-out, 1 to 1,209,600.
             */
            duration_s?: number | null;
        };
        /** @description Reports. */
        ReportPage: {
            items: components["schemas"]["ChatReport"][];
            /** @description `cursor` of the next page; null at the end. */
            next_cursor?: string | null;
        };
        /** @description A moderator's answer. */
        RequestVerdict: {
            /** @description `approved` (the ban is lifted) or `denied`. */
            outcome: string;
            /** @description For the person, at most 500 characters. */
            text?: string;
        };
        /** @description A new password by a link. */
        Reset: {
            /** @description 8-128 characters, none of the 10,000 most common passwords. */
            password: string;
            token: string;
        };
        /** @description What becomes of a report. */
        Resolution: {
            act?: components["schemas"]["ReportAct"] | null;
            /** @description `acted`, `dismissed`, `escalated` (to the platform's people). */
            outcome: string;
            /** @description For the reporter, at most 500 characters. */
            text?: string;
        };
        /** @description A page of acts. */
        RoomAuditPage: {
            /** @description Acts as the frame `moderation` has them, newest first. */
            items: components["schemas"]["ChatAct"][];
            /** @description `cursor` of the next page; null at the end. */
            next_cursor?: string | null;
        };
        /** @description How a room is to be written in. */
        RoomSettings: {
            emote_only: boolean;
            /**
             * Format: int32
             * @description Minutes; null: not only followers.
             */
            followers_only_min?: number | null;
            images: boolean;
            links: components["schemas"]["ChatMeasure"];
            /** @description For moderators. */
            rules?: components["schemas"]["ChatRules"];
            shield: boolean;
            /**
             * Format: int32
             * @description Seconds; 0: no pause.
             */
            slow_s: number;
            unique: boolean;
            verified_only: boolean;
            /**
             * Format: int64
             * @description Grows with each change.
             */
            version: number;
        };
        /** @description What one is in a room. */
        RoomStanding: {
            /**
             * Format: int64
             * @description Null: one does not follow.
             */
            followed_at_ms?: number | null;
            roles: string[];
            sanction: components["schemas"]["ChatSanction"];
            settings: components["schemas"]["RoomSettings"];
        };
        /** @description How to rotate. */
        Rotation: {
            /**
             * Format: int64
             * @description Seconds for which the old key still opens new publishes; 0 by default, at most a week.
             */
            overlap_s?: number;
        };
        /** @description How long pictures of some size were watched. */
        Rung: {
            /**
             * Format: int32
             * @description Lines of the picture, rounded up to 240, 360, 480, 720, 1080, 1440, 2160 or 4320.
             */
            height: number;
            /** Format: double */
            watched_s: number;
        };
        /** @description A message that was said, or the sentence that answers a command. */
        SaidOrDone: components["schemas"]["ChatMessage"] | components["schemas"]["CommandAnswer"];
        /**
         * @description What is against a person in a room.
         * @enum {string}
         */
        SanctionKind: "ban" | "timeout" | "none";
        /** @description The second factors of an account. */
        SecondFactor: {
            /** @description Whether a password alone signs nobody in. */
            on: boolean;
            /** Format: int64 */
            passkeys: number;
            /**
             * Format: int64
             * @description Those that were not used.
             */
            recovery_codes_left: number;
            /**
             * Format: date-time
             * @description Since when there is an authenticator app.
             */
            totp_since?: string | null;
        };
        /** @description What arrives and what is made of it; for the channel's owner. */
        Seen: {
            channel_id: string;
            health: components["schemas"]["Health"];
            /** @description The source first. */
            renditions: components["schemas"]["Made"][];
            /** @description `starting`, `live`, `reconnecting`. */
            state: string;
        };
        /** @description What one has seen. */
        SeenNotices: {
            /**
             * Format: date-time
             * @description What began until then; none: until now.
             */
            until?: string | null;
        };
        /** @description A sign-in. */
        Session: {
            /** Format: date-time */
            created_at: string;
            /** @description Whether it is the one that asks. */
            current: boolean;
            /** @description The same in words. */
            device: string;
            id: string;
            /** @description The address of its last use. */
            ip?: string | null;
            /**
             * Format: date-time
             * @description When its access token was last renewed, which happens every quarter of an hour while it is used.
             */
            last_used_at: string;
            /** @description What the browser said of itself. */
            user_agent?: string | null;
        };
        /** @description A page of sign-ins. */
        Sessions: {
            /** @description The last used first, at most 200. */
            items: components["schemas"]["Session"][];
        };
        /** @description A setting as it counts. */
        SettingItem: {
            /** @description What it is where nobody sets it; null: it has no such value. */
            default?: string | null;
            /** @description Its key, as in the documentation of settings. */
            key: string;
            /** @description `10`, `true`, `10s`, `4 MiB`. */
            value: string;
        };
        /** @description The limits that a service goes by, by key: numbers, switches, lengths of time and sizes. */
        SettingList: {
            items: components["schemas"]["SettingItem"][];
        };
        /** @description Settings of one's own channel. */
        Settings: {
            /** @description Names of the renditions made beside the source; empty: what the server makes for everybody. */
            ladder: string[];
            /**
             * Format: int64
             * @description Seconds for which a broadcast waits for its lost encoder.
             */
            reconnect_grace_s: number;
            /** @description Whether others see the channel's past broadcasts. */
            show_broadcasts: boolean;
            /** @description Whether the next broadcast is a test, for the owner and the team alone. */
            test_mode: boolean;
        };
        /** @description What an admin did to a category. */
        ShownAct: {
            /** @description `add`, `change`, `merge`, `remove`. */
            act: string;
            actor_id: string;
            /** @description The name at the time. */
            actor_name: string;
            /** Format: date-time */
            at: string;
            detail: Record<string, unknown>;
            id: string;
            slug: string;
        };
        /** @description A category. */
        ShownCategory: {
            /** @description May be empty. */
            description: string;
            /**
             * Format: int64
             * @description Live channels in it.
             */
            live_channels: number;
            name: string;
            /** @description Where its picture is, on the web origin; null: the page draws one. */
            picture_url?: string | null;
            /** @description What addresses call it. */
            slug: string;
            /**
             * Format: int64
             * @description Who watch them.
             */
            viewers: number;
        };
        /** @description A key in the clear, with where it goes. */
        ShownKey: {
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            expires_at?: string | null;
            id: string;
            key: string;
            name: string;
            playback_url: string;
            rtmp_url: string;
            /** @description The same server by RTMPS, where it takes that. */
            rtmps_url?: string | null;
            stream_url: string;
        };
        /** @description A page of a channel's past broadcasts. */
        ShownPage: {
            items: components["schemas"]["PastBroadcast"][];
            next_cursor?: string | null;
        };
        /** @description A panel with its picture. */
        ShownPanel: {
            /**
             * Format: int32
             * @description Pixels.
             */
            height?: number | null;
            /** @description Its picture's id, for whoever edits it; empty: none. */
            picture: string;
            /** @description Where the picture is, on the web origin. */
            picture_url?: string | null;
            text: string;
            title: string;
            /** @description Where it leads: https, or empty. */
            url: string;
            /**
             * Format: int32
             * @description Pixels.
             */
            width?: number | null;
        };
        /** @description The answer to a sign-in; the refresh token comes as a cookie. */
        SignedIn: {
            /** @description EdDSA JWT. */
            access_token: string;
            /**
             * Format: int64
             * @description Seconds.
             */
            expires_in: number;
            /** @description Always `Bearer`. */
            token_type: string;
            user: components["schemas"]["Owner"];
        };
        /** @description A key. */
        SigningKeyItem: {
            /** @description As tokens name it. */
            kid: string;
            /**
             * Format: date-time
             * @description When its last tokens have ended. Null: another key has to follow first.
             */
            published_until?: string | null;
            /**
             * Format: date-time
             * @description Null: from the beginning.
             */
            signs_from?: string | null;
            /** @description `next`: published, signs later. `signing`. `former`: its tokens are good until they end. */
            state: string;
        };
        /** @description All published keys. */
        SigningKeys: {
            /** @description In the order in which they sign. */
            items: components["schemas"]["SigningKeyItem"][];
        };
        /** @description An account as staff sees it. */
        StaffAccount: {
            /** Format: date-time */
            created_at: string;
            display_name: string;
            /** @description For admins only. */
            email?: string | null;
            email_verified: boolean;
            /**
             * Format: date-time
             * @description Its owner closed it; when it is erased.
             */
            erase_at?: string | null;
            id: string;
            platform_role: string;
            /** Format: date-time */
            suspended_at?: string | null;
            suspension_reason?: string | null;
            username: string;
        };
        /** @description A channel for everybody. */
        Stream: {
            /** @description The owner's picture, on the web origin. */
            avatar_url?: string | null;
            /** @description What it is about. */
            category: string;
            /** @description The category's name in addresses; null: the text is none of the kept categories. */
            category_slug?: string | null;
            /** @description The name as its owner writes it. */
            display_name: string;
            /**
             * Format: int64
             * @description How many follow it.
             */
            followers: number;
            /** @description The channel's id. */
            id: string;
            /** @description BCP 47; empty: not said. */
            language: string;
            live?: components["schemas"]["Live"] | null;
            /** @description For adults. */
            mature: boolean;
            /** @description Whether the caller may watch without password or link; only where one channel is asked for. */
            may_watch?: boolean | null;
            /** @description Its owner's id. */
            owner_id: string;
            /** @description `offline`, `starting`, `live`, `reconnecting`. */
            state: string;
            /** @description At most 10. */
            tags: string[];
            /** @description At most 140 characters. */
            title: string;
            /** @description Its owner's name, also in its addresses. */
            username: string;
            /** @description For whom the channel is. */
            visibility: components["schemas"]["Visibility"];
            /**
             * Format: int64
             * @description Goes up when those who were let in before are not any more: another password, another link.
             */
            watch_version: number;
        };
        /** @description A page of the directory, as `written` writes it. */
        StreamPage: {
            items: components["schemas"]["Stream"][];
            next_cursor?: string | null;
        };
        /** @description A browser that was subscribed. */
        SubscribedBrowser: {
            id: string;
            /** Format: date-time */
            made_at: string;
            name: string;
            /**
             * Format: date-time
             * @description When its push service last took something.
             */
            told_at?: string | null;
        };
        /** @description Its keys, base64url. */
        SubscriptionKeys: {
            /** @description 16 bytes. */
            auth: string;
            /** @description The point of P-256. */
            p256dh: string;
        };
        /** @description Why an account is suspended. */
        Suspension: {
            /** @description 1-500 characters; its owner reads it. */
            reason: string;
        };
        /** @description Blocked terms. */
        TermPage: {
            items: components["schemas"]["KeptTerm"][];
            /** @description `cursor` of the next page; null at the end. */
            next_cursor?: string | null;
        };
        /** @description What became of a test. */
        TestedBrowsers: {
            /** @description Those whose push service did not take it. */
            failed: number;
            /** @description Browsers that were no more, and are forgotten. */
            gone: number;
            /** @description Browsers whose push service took it. */
            told: number;
        };
        /** @description What went wrong, as the page says it. */
        Told: {
            /** @description The error's words; the first 300 characters are kept. */
            message: string;
            /** @description The page's path; the first 200 characters are kept, without query and fragment. */
            page?: string | null;
            /** @description Where it came from, a line a step; the first 4,000 characters are kept. */
            stack?: string | null;
        };
        /** @description An app to be added. Told once. */
        Totp: {
            otpauth_url: string;
            /** @description The address as a QR code: SVG. */
            qr_svg: string;
            /** @description Base32 (RFC 4648), for typing in. */
            secret: string;
        };
        /** @description A code of the app. */
        TotpCode: {
            /** @description Six digits. */
            code: string;
        };
        /** @description One time that it was sent. */
        Tried: {
            /** @description The first KiB of the answer's body. */
            answer?: string | null;
            /** Format: date-time */
            at: string;
            /**
             * Format: int32
             * @description Null: it is under way, or what became of it is not known.
             */
            duration_ms?: number | null;
            /** @description What was wrong, and what to do. */
            error?: string | null;
            /** @description The same for programs, such as `unreachable`, `late`, `no_success`; null also of what an earlier version sent. */
            error_code?: string | null;
            /** Format: int32 */
            number: number;
            /**
             * Format: int32
             * @description Of the answer; null: there was none.
             */
            status?: number | null;
        };
        /** @description What a banned person asked for. */
        UnbanRequest: {
            answer?: string;
            at: string;
            id: string;
            resolved_at?: string;
            /** @description For moderators. */
            resolved_by?: components["schemas"]["ChatPerson"];
            /** @description `open`, `approved` or `denied`. */
            state: string;
            text: string;
            user: components["schemas"]["ChatPerson"];
        };
        /** @description What banned people asked for. */
        UnbanRequestPage: {
            items: components["schemas"]["UnbanRequest"][];
            /** @description `cursor` of the next page; null at the end. */
            next_cursor?: string | null;
        };
        /** @description What is planned. */
        Upcoming: {
            /** @description The next first, for eight weeks. */
            items: components["schemas"]["Occurrence"][];
            /** @description On whose clocks it stays at the same time of the day. */
            time_zone: string;
        };
        /** @description A picture that was uploaded. */
        Uploaded: {
            /**
             * Format: int32
             * @description Pixels.
             */
            height: number;
            /** @description What a panel names it by. */
            id: string;
            /** @description Where it is, on the web origin. */
            url: string;
            /**
             * Format: int32
             * @description Pixels.
             */
            width: number;
        };
        /**
         * @description For whom a channel is.
         * @enum {string}
         */
        Visibility: "public" | "unlisted" | "followers" | "password" | "private";
        /** @description A vote. */
        Vote: {
            /**
             * Format: int32
             * @description The answer's `n`.
             */
            option: number;
        };
        /** @description A message that waits, and what has become of it meanwhile. */
        Waits: {
            held: components["schemas"]["HeldMessage"];
            /** @description The frame `hold_resolved`. */
            resolved?: components["schemas"]["HoldResolved"];
        };
        /** @description A channel's secret link. */
        WatchLink: {
            /** Format: date-time */
            made_at: string;
            /** @description For whom it is for; the secret stands behind `#`, where no server sees it. */
            url: string;
        };
        /** @description What a viewer shows; a signed-in one for whom the channel is shows nothing. */
        WatchProof: {
            /** @description What stands behind `#` in the channel's secret link. */
            link?: string | null;
            /** @description The channel's password. */
            password?: string | null;
            /** @description The token before, to be followed by another one; it may have ended for as long as it was good. */
            token?: string | null;
        };
        /** @description What to change of a webhook; fields left out stay. */
        WebhookEdit: {
            /** @description Off: nothing is sent, and what waits is cancelled. On again: what happened meanwhile is not told. */
            enabled?: boolean | null;
            /** @description As at creation. */
            events?: string[] | null;
            /** @description 1 to 50 characters. */
            name?: string | null;
            /** @description As at creation. The secret stays. */
            url?: string | null;
        };
        /** @description All webhooks. */
        WebhookList: {
            items: components["schemas"]["Listed"][];
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export type operations = Record<string, never>;
