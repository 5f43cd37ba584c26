using Microsoft.AspNetCore.Mvc;

namespace RigKafka.Sessions;

/// <summary>Who is let in, and who no longer is: the operator's side.</summary>
internal static class SessionsFeature
{
    private const string Blacklist = "/v1/blacklist";
    private const string OneSession = Blacklist + "/{jti}";
    private const string OneUser = Blacklist + "/users/{user}";

    public static void AddSessions(this WebApplicationBuilder builder) =>
        builder.Services.AddSingleton<DefaultExpiry>().AddSingleton<BlacklistEndpoints>();

    public static void MapSessions(this IEndpointRouteBuilder api)
    {
        var endpoints = api.ServiceProvider.GetRequiredService<BlacklistEndpoints>();
        var limit = new RequestSizeLimitAttribute(DenialRequest.MaxBytes);
        api.MapDelete("/v1/users/{user}/sessions/{jti}", endpoints.EndSession);
        api.MapGet(Blacklist, endpoints.List);
        api.MapGet(OneSession, endpoints.GetSession);
        api.MapPut(OneSession, endpoints.PutSession).WithMetadata(limit);
        api.MapDelete(OneSession, endpoints.DeleteSession);
        api.MapGet(OneUser, endpoints.GetUser);
        api.MapPut(OneUser, endpoints.PutUser).WithMetadata(limit);
        api.MapDelete(OneUser, endpoints.DeleteUser);
    }
}
