#include "base/page.h"

static const char head[] = "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>";

static const char style[] =
    "</title>\n<style>\n"
    "body{font:15px/1.4 system-ui,sans-serif;margin:2em auto;max-width:72em;padding:0 1em;color:#222}\n"
    "h2{margin:1.6em 0 .4em;font-size:1.15em}.cards{display:flex;flex-wrap:wrap;gap:14px}\n"
    ".card{border:1px solid #ccc;border-radius:6px;padding:10px 12px;width:240px}\n"
    ".card.wide{width:500px}.card.bad{border-color:#b3261e;border-width:2px}.card "
    "h3{margin:0;font-size:1em}\n"
    ".card p{margin:.3em 0 0;font-size:.86em}.card p.figure{font-size:1.7em;margin:0}\n"
    ".bad p.say{color:#b3261e}svg{display:block;margin-top:6px}\n"
    "rect{fill:#8aa4c8}rect.now{fill:#1d4f91}line{stroke:#999}text{font-size:10px;fill:#555}\n"
    "text.name,text.rate{font-size:12px;fill:#222}.gap{stroke:#b3261e}.grid{stroke:#e4e4e4}\n"
    ".all{stroke:#555;stroke-dasharray:3 3}.range{stroke:#1d4f91;stroke-width:2}circle{fill:#1d4f91}\n"
    ".low .range{stroke:#b3261e}.low circle,.low "
    "text.rate{fill:#b3261e}.floor{stroke:#8aa4c8;stroke-width:6}\n"
    "table{border-collapse:collapse;font-size:.88em}th{text-align:left;font-weight:600}"
    "th,td{padding:3px 10px;border-bottom:1px solid #ddd}td.number{text-align:right}"
    "td.pass{background:#e3f1e4;color:#1c5a24}td.fail{background:#b3261e;color:#fff}"
    "td.held,td.no{background:#fff3d6;color:#6b4700}td.none{color:#999}\n"
    "</style>\n<h1>";

void page_text(Text text, FILE *out)
{
    for (size_t i = 0; i < text.length; i++)
        switch (text.data[i]) {
        case '&':
            fputs("&amp;", out);
            break;
        case '<':
            fputs("&lt;", out);
            break;
        case '>':
            fputs("&gt;", out);
            break;
        case '"':
            fputs("&quot;", out);
            break;
        default:
            fputc(text.data[i], out);
        }
}

void page_begin(Text title, FILE *out)
{
    fputs(head, out);
    page_text(title, out);
    fputs(style, out);
    page_text(title, out);
    fputs("</h1>\n", out);
}

void page_end(FILE *out)
{
    fputs("</html>\n", out);
}
