namespace RigKafka.Http;

/// <summary>
/// The description of the API for tools. It is written by hand, and the tests compare it with the routes and with what they answer.
/// </summary>
internal static class OpenApiEndpoint
{
    public const string Path = "/openapi/v1.json";

    private const string Resource = "openapi.json";

    public static void MapOpenApi(this IEndpointRouteBuilder api)
    {
        var document = Read();
        api.MapGet(Path, context => context.AnswerJson(StatusCodes.Status200OK, document));
    }

    private static byte[] Read()
    {
        using var resource = typeof(OpenApiEndpoint).Assembly.GetManifestResourceStream(Resource)!;
        using var document = new MemoryStream();
        resource.CopyTo(document);
        return document.ToArray();
    }
}
