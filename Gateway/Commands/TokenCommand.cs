using System.CommandLine;
using System.Globalization;
using Microsoft.IdentityModel.Tokens;
using RigKafka.Auth;

namespace RigKafka.Commands;

/// <summary><c>token</c>: prints a token to try the gateway with, as the original's <c>encode_jwt</c> did.</summary>
internal static class TokenCommand
{
    private const StringSplitOptions WithoutEmpty = StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries;

    public static Command Create(TimeProvider clock)
    {
        var secret = new Option<string>("--secret") { Required = true, Description = "The secret to sign with: the gateway's JWT_SECRET_KEY." };
        var user = new Option<string>("--user") { Required = true, Description = "The user's name, for the claim user." };
        var roles = new Option<string>("--roles")
        {
            HelpName = "a,b",
            Description = "The user's roles, for the claim roles; none by default.",
            DefaultValueFactory = _ => "",
        };
        var exp = new Option<long?>("--exp") { HelpName = "unix seconds", Description = "When the token expires; in one day by default." };
        var alg = new Option<string>("--alg") { Description = "How to sign.", DefaultValueFactory = _ => SecurityAlgorithms.HmacSha256 };
        var jti = new Option<string?>("--jti") { Description = "The name of the session; the present time in Unix seconds by default." };
        alg.AcceptOnlyFromAmong(SecurityAlgorithms.HmacSha256, SecurityAlgorithms.HmacSha384, SecurityAlgorithms.HmacSha512);
        RefuseEmpty(secret);
        RefuseEmpty(jti);

        var command = new Command("token", "Prints a token for a user, signed with a secret.") { secret, user, roles, exp, alg, jti };
        command.SetAction(parsed =>
        {
            var now = clock.GetUtcNow();
            var claims = new TokenToSign(
                parsed.GetRequiredValue(user),
                parsed.GetRequiredValue(roles).Split(',', WithoutEmpty),
                parsed.GetValue(exp) ?? now.AddDays(1).ToUnixTimeSeconds(),
                parsed.GetValue(jti) ?? now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture));
            var token = claims.Sign(parsed.GetRequiredValue(secret), parsed.GetRequiredValue(alg), new AuthOptions());
            parsed.InvocationConfiguration.Output.WriteLine(token);
        });
        return command;
    }

    private static void RefuseEmpty(Option option) => option.Validators.Add(result =>
    {
        if (result.Tokens.Any(token => token.Value.Length == 0))
        {
            result.AddError($"Option '{option.Name}' must not be empty.");
        }
    });
}
