// app/api/search/route.ts
import { openSearch } from "../../../instance.ts";

export async function GET(request: Request): Promise<Response> {
  const search = await openSearch();
  const question = new URL(request.url).searchParams.get("q");
  const { headers, signal } = request; // aborted when the client disconnects
  const { status, body, headers: more } = await search.reply({ headers, question, signal });
  return Response.json(body, { status, ...(more && { headers: more }) });
}
