using RigKafka.Http;
using RigKafka.Messages;

namespace RigKafka.Apis;

/// <summary><c>GET /v1/routes?method=GET&amp;path=/books/1</c>: which endpoint would take a call, or why none does.</summary>
internal sealed class RoutesEndpoint(ApiTable table)
{
    private const string Expected = "Bad request: expected a path that begins with a slash, as in /v1/routes?method=GET&path=/books/1.";
    private const string Ambiguous = "Some services would make another path of this one (a dot segment, a backslash): it is not passed on.";

    public Task Find(HttpContext context)
    {
        if (!table.IsReady)
        {
            return context.AnswerUnavailable(ApisEndpoints.NotReady);
        }

        var query = context.Request.Query;
        var (method, path) = (query["method"].ToString() is { Length: > 0 } given ? given : HttpMethods.Get, query["path"].ToString());
        path = path.Split('?')[0];
        if (!path.StartsWith('/'))
        {
            return context.AnswerError(StatusCodes.Status400BadRequest, Expected);
        }

        // As the server decodes a path: an encoded slash stays one.
        var decoded = Uri.UnescapeDataString(path.Replace("%2F", "%252F", StringComparison.OrdinalIgnoreCase));
        var isAmbiguous = AmbiguousPath.Is(path);
        var route = isAmbiguous || PathTemplate.IsSocket(decoded) ? null : table.Routes.Route(method, decoded);
        return context.AnswerJson(StatusCodes.Status200OK, RelaxedJson.Write(json =>
        {
            json.WriteStartObject();
            if (route is null)
            {
                json.WriteNull("route");
                json.WriteString("why", isAmbiguous ? Ambiguous : WhyNot(method, decoded));
            }
            else
            {
                json.WriteStartObject("route");
                json.WriteString("api", route.Definition.Id);
                json.WriteString("endpoint", route.Endpoint.Id);
                json.WriteString("method", route.Endpoint.Method);
                json.WriteString("path", route.Endpoint.Path.Text);
                json.WriteString("target", route.Address ?? route.TargetName);
                json.WriteBoolean("secured", route.IsSecured);
                json.WriteEndObject();
                json.WriteString("why", route.Endpoint.Method == method ? null : "A HEAD goes where a GET would, since no endpoint takes it.");
            }

            json.WriteEndObject();
        }));
    }

    private string WhyNot(string method, string path)
    {
        if (PathTemplate.IsSocket(path))
        {
            return "Paths below /socket are those of the streams: none of them is passed on.";
        }

        if (!EndpointDefinition.IsMethod(method))
        {
            return $"No endpoint can have this method: expected {EndpointDefinition.Methods}, in capital letters.";
        }

        var methods = table.Routes.MethodsOf(path).ToArray();
        return methods.Length > 0
            ? $"The path has endpoints, but only for {string.Join(", ", methods)}."
            : "No endpoint of an active definition has this path.";
    }
}
