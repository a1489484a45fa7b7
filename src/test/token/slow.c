/*
 * A PKCS#11 library that is SoftHSM2 (SLOW_LIBRARY) with a token that wants to be touched: while the file SLOW_TOUCH does not
 * exist, C_Sign waits, and says so by making SLOW_TOUCH.waiting. The token's flags get those that the file SLOW_FLAGS names in
 * hexadecimal, for instance CKF_USER_PIN_FINAL_TRY, which SoftHSM2 itself never shows.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef unsigned long ck;
/* CK_FUNCTION_LIST: the version, then 68 functions, PKCS #11 2.40. */
struct list {
  unsigned char version[2];
  void *function[68];
};
enum { GET_FUNCTION_LIST = 3, GET_TOKEN_INFO = 6, SIGN = 43, FLAGS_AT = 96, MAX_TURNS = 6000 };

static struct list mine, *real;

static ck slow_sign(ck session, void *data, ck length, void *signature, ck *signature_length) {
  const char *touch = getenv("SLOW_TOUCH");
  if (touch && signature) {
    char waiting[4096];
    snprintf(waiting, sizeof waiting, "%s.waiting", touch);
    FILE *file = fopen(waiting, "w");
    if (file) {
      fclose(file);
    }
    for (int i = 0; i < MAX_TURNS && access(touch, F_OK); i++) {
      usleep(10000);
    }
  }
  return ((ck(*)(ck, void *, ck, void *, ck *))real->function[SIGN])(session, data, length, signature, signature_length);
}

static ck flagged_token_info(ck slot, unsigned char *info) {
  ck answer = ((ck(*)(ck, void *))real->function[GET_TOKEN_INFO])(slot, info);
  const char *flags = getenv("SLOW_FLAGS");
  FILE *file = flags && !answer ? fopen(flags, "r") : NULL;
  if (file) {
    ck now, more = 0;
    memcpy(&now, info + FLAGS_AT, sizeof now);
    if (fscanf(file, "%lx", &more) == 1) {
      now |= more;
    }
    memcpy(info + FLAGS_AT, &now, sizeof now);
    fclose(file);
  }
  return answer;
}

ck C_GetFunctionList(struct list **out) {
  if (!real) {
    const char *name = getenv("SLOW_LIBRARY");
    void *library = name ? dlopen(name, RTLD_NOW | RTLD_LOCAL) : NULL;
    ck (*get)(struct list **) = library ? (ck(*)(struct list **))dlsym(library, "C_GetFunctionList") : NULL;
    if (!get || get(&real)) {
      return 5; /* CKR_GENERAL_ERROR */
    }
    mine = *real;
    mine.function[GET_FUNCTION_LIST] = (void *)C_GetFunctionList;
    mine.function[GET_TOKEN_INFO] = (void *)flagged_token_info;
    mine.function[SIGN] = (void *)slow_sign;
  }
  *out = &mine;
  return 0;
}
