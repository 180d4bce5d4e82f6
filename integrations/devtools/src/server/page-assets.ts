// The build puts the bundled page in their place.
declare const LLX_PAGE_SCRIPT: string;
declare const LLX_PAGE_STYLE: string;

interface Asset {
  readonly type: string;
  readonly body: string;
}

const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>devtools</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="page.css">
<script type="module" src="page.js"></script>
</head>
<body>
<div id="app"></div>
<noscript>This page needs JavaScript, which comes from this machine alone.</noscript>
</body>
</html>
`;

/** What the page consists of, by its path. */
export const pageAssets: Readonly<Record<string, Asset>> = {
  "": { type: "text/html; charset=utf-8", body: html },
  "page.js": {
    type: "text/javascript; charset=utf-8",
    body: typeof LLX_PAGE_SCRIPT === "string" ? LLX_PAGE_SCRIPT : "",
  },
  "page.css": {
    type: "text/css; charset=utf-8",
    body: typeof LLX_PAGE_STYLE === "string" ? LLX_PAGE_STYLE : "",
  },
};
