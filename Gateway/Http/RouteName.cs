using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing.Patterns;

namespace RigKafka.Http;

/// <summary>A name that is a part of a path.</summary>
internal static class RouteName
{
    /// <summary>The server leaves an encoded slash as it is, so that a path keeps its parts; in a name it stands for itself.</summary>
    public static string RouteNameOf(this HttpContext context, string parameter)
    {
        var segments = ((RouteEndpoint)context.GetEndpoint()!).RoutePattern.PathSegments;
        var last = segments.Count - segments.TakeWhile(segment => segment.Parts is not [RoutePatternParameterPart part] || part.Name != parameter).Count();
        var raw = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget.Split('?')[0].TrimEnd('/').Split('/')[^last];
        return raw.Contains("%2F", StringComparison.OrdinalIgnoreCase)
            ? Uri.UnescapeDataString(raw)
            : (string)context.Request.RouteValues[parameter]!;
    }
}
