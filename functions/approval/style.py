"""The page's only style sheet. It is sent inside the page, so that the page asks for nothing else.

Colours are chosen for a contrast of at least 4.5 to 1 in both schemes; tests/browser measures it.
"""

from __future__ import annotations

import base64
import hashlib

CSS = """
:root{color-scheme:light dark;--paper:#f6f5f1;--card:#fff;--ink:#1a1d1f;--soft:#565d63;--line:#dcdad3;--edge:#83888c;
--accent:#0b5d55;--on-accent:#fff;--tint:#e5f0ed}
@media (prefers-color-scheme:dark){:root{--paper:#121517;--card:#1b1f22;--ink:#eceae4;--soft:#a6adb2;--line:#31373b;
--edge:#7d858a;--accent:#7ed3c4;--on-accent:#08211d;--tint:#1c2f2c}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,
"Noto Sans","DejaVu Sans",sans-serif;overflow-wrap:anywhere;-webkit-text-size-adjust:100%}
main{max-width:72rem;margin:0 auto;padding:1rem 1rem 4rem}
h1,h2,h3,p,dl,dd,ul,fieldset{margin:0;padding:0}
h1{font-size:1.75rem;line-height:1.2;letter-spacing:-.015em;text-wrap:balance}
h2{font-size:1.125rem;line-height:1.3}
a{color:var(--accent)}
time,.keep{white-space:nowrap}
code{font:.875em/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
bdi{unicode-bidi:isolate;white-space:break-spaces}
:focus-visible{outline:3px solid var(--accent);outline-offset:3px;border-radius:.25rem}
.brand{display:flex;flex-wrap:wrap;gap:.125rem .625rem;padding:.25rem 0 1.25rem;font-size:.875rem;color:var(--soft)}
.brand b{color:var(--accent);letter-spacing:.02em}
.lede{margin-top:.5rem;max-width:60rem;color:var(--soft)}
.lede b{color:var(--ink)}
.facts{display:grid;grid-template-columns:1fr 1fr;gap:1px;margin-top:1.25rem;background:var(--line);
border:1px solid var(--line);border-radius:.75rem;overflow:hidden}
.facts div{display:flex;flex-direction:column-reverse;justify-content:flex-end;flex:1 1 9rem;padding:.75rem 1rem;
background:var(--card)}
.facts div:first-child{grid-column:1/-1;background:var(--tint)}
.warn div:last-child{box-shadow:inset .375rem 0 var(--ink)}
.facts dd{font-size:1.375rem;font-weight:650;line-height:1.25;font-variant-numeric:tabular-nums}
.facts div:first-child dd{font-size:2.25rem;letter-spacing:-.02em}
.facts dt{font-size:.875rem;color:var(--soft)}
.notes{display:grid;gap:.5rem;margin-top:1.25rem;max-width:46rem}
.notes dt,.plain dt{font-size:.875rem;color:var(--soft)}
.jump{display:inline-block;margin-top:.75rem;padding:.75rem 0;font-weight:600}
.body{counter-reset:ticked;display:grid;gap:1.75rem}
.body>*{min-width:0}
.head{display:flex;flex-wrap:wrap;justify-content:space-between;align-items:baseline;gap:.25rem 1rem;
margin-bottom:.75rem}
.head p,.hint,legend small,label small{font-size:.875rem;font-weight:400;color:var(--soft)}
.cards{display:grid;gap:.625rem;list-style:none}
.card{background:var(--card);border:1px solid var(--line);border-radius:.75rem;padding:0 1rem .375rem;min-width:0}
.top{display:grid;grid-template-columns:minmax(0,1fr) auto;gap:.125rem .75rem;padding:.875rem 0 .125rem}
label.top{grid-template-columns:1.5rem minmax(0,1fr) auto;cursor:pointer}
.top input{grid-row:1/3}
.top .name{grid-column:-3/-1}
label.top:has(:disabled){cursor:default}
.name{font-weight:600;line-height:1.35;contain:paint}
.change{font-variant-numeric:tabular-nums}
.money{font-weight:650;text-align:right;font-variant-numeric:tabular-nums;line-height:1.35}
.money small{display:block;font-size:.8125rem;font-weight:400;color:var(--soft)}
.card p,.card details{font-size:.875rem}
.card .lasting{margin:.375rem 0 .375rem;padding:.5rem .75rem;border:1px solid var(--edge);border-left:.375rem solid
var(--ink);border-radius:.25rem;color:var(--ink)}
.flag{display:inline-block;padding:.0625rem .5rem;border-radius:.25rem;background:var(--ink);color:var(--card);
font-size:.8125rem;font-weight:650}
.lasting .flag{margin-right:.375rem}
.card .end{padding:.375rem 0 .25rem;color:var(--ink)}
.end .flag{margin-right:.375rem;background:none;color:var(--ink);border:1px solid var(--edge)}
.end .good{background:var(--tint);color:var(--accent);border-color:var(--accent)}
.end .bad{background:var(--ink);color:var(--card);border-color:var(--ink)}
input,textarea,button{font:inherit;color:inherit}
input[type=checkbox],input[type=radio]{width:1.5rem;height:1.5rem;margin:0;flex:none;accent-color:var(--accent)}
.cards input:checked{counter-increment:ticked}
.ticked::after{content:counter(ticked)}
summary{display:list-item;padding:.625rem 0;font-weight:600;color:var(--accent);cursor:pointer}
summary h2{display:inline;color:var(--ink)}
.card summary{font-weight:400;color:var(--soft)}
.card summary b{color:var(--accent)}
.plain{display:grid;gap:.375rem;padding-bottom:.75rem}
.card .plain div{display:grid;grid-template-columns:minmax(6rem,1fr) 2fr;gap:.75rem}
.panel{display:grid;gap:1rem;padding:1.125rem 1.25rem 1.25rem;background:var(--card);border:1px solid var(--line);
border-radius:.75rem}
.panel.now{border-color:var(--accent);border-width:2px}
details.panel{display:block;padding:.375rem 1.25rem}
details.panel[open]{padding-bottom:1.25rem}
details.panel[open]>summary{margin-bottom:.5rem}
.panel form{display:grid;gap:1rem}
.panel ul{display:grid;gap:.5rem;padding-left:1.125rem}
.field{display:grid;gap:.25rem}
.field label,legend{font-weight:600;padding:0}
.field input,textarea{width:100%;min-height:3rem;padding:.625rem .75rem;background:var(--paper);border:1px solid
var(--edge);border-radius:.5rem}
textarea{display:block;resize:vertical}
fieldset{border:0;min-width:0}
.choice{display:flex;align-items:center;gap:.75rem;min-height:3rem;cursor:pointer}
.aside{display:grid;gap:1rem;align-content:start}
button,.button{display:block;width:100%;min-height:3.25rem;padding:.75rem 1rem;border:2px solid var(--accent);
border-radius:.625rem;background:var(--accent);color:var(--on-accent);font-weight:650;line-height:1.3;
text-align:center;text-decoration:none;cursor:pointer}
.other{background:var(--card);color:var(--accent)}
button:hover,.button:hover{filter:brightness(1.08)}
[hidden]{display:none}
.heard{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.panel{position:relative}
.about{padding-top:1.5rem;border-top:1px solid var(--line)}
.after{padding-bottom:1rem}
@media (min-width:40rem){main{padding:1.5rem 2rem 5rem}h1{font-size:2.25rem}
.facts{display:flex}.facts div{padding:1rem 1.25rem}.facts div:first-child{flex-grow:2}
.facts dd,.facts div:first-child dd{font-size:2.25rem}
.notes div{display:grid;grid-template-columns:8rem minmax(0,1fr);gap:1rem}.notes dt{line-height:1.7}
.top .name{grid-column:auto}label.top .name{grid-column:2}label .change{grid-column:2}
.top .money{grid-column:-2;grid-row:1/3}
label.top~*{margin-left:2.25rem}.card .lasting{margin-left:2.25rem}div.top~.lasting{margin-left:0}}
@media (min-width:62rem){.body{grid-template:auto auto 1fr/minmax(0,1fr) 23rem;column-gap:2rem}
.aside{grid-column:2;grid-row:1/4;position:sticky;top:1.5rem;max-height:calc(100vh - 3rem);
padding:.375rem;margin:-.375rem;overflow:auto}
.intro,.list,.about{grid-column:1}.intro{grid-row:1}.list{grid-row:2}.about{grid-row:3}
.jump:not(:focus){position:absolute;width:1px;height:1px;padding:0;overflow:hidden;
clip-path:inset(50%)}}
@media (prefers-contrast:more){:root{--soft:var(--ink);--line:var(--edge)}}
@media print{.aside{position:static}}
""".strip()

HASH = "sha256-" + base64.b64encode(hashlib.sha256(CSS.encode()).digest()).decode()
"""What the Content-Security-Policy lets through: this style sheet and no other."""
